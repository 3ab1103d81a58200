-- Orders that a person skips after they may have been handed to the ERP: they are looked for there first, as cancelled
-- ones are.

-- When, and in whose words; NULL: nobody did. A retry takes it back.
ALTER TABLE ferry.portal_order ADD skip_asked_at timestamptz, ADD skip_reason text;
