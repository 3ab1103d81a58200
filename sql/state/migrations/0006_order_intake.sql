-- Orders that the ERP may know without Ferry's knowing, lines that change their product, orders that cannot be read.

-- From before its first way into the ERP on: a process that is killed between the ERP's commit and Ferry's record
-- leaves an order behind that the ERP may have. It is looked for there before a cancellation makes it skipped.
ALTER TABLE ferry.portal_order ADD handed_over boolean NOT NULL DEFAULT false;
UPDATE ferry.portal_order SET handed_over = true WHERE state IN ('waiting', 'ready', 'review');
-- When the portal first showed it as cancelled; NULL: it does not.
ALTER TABLE ferry.portal_order ADD cancelled_at timestamptz;

-- A line whose SKU changes leaves a row behind that holds nothing: feeds find its former product by it.
ALTER TABLE ferry.portal_order_line DROP CONSTRAINT portal_order_line_pkey,
    ADD PRIMARY KEY (channel, reference, line, sku);

-- Orders that the portal lists and that cannot be told from others: since when there are such, by the portal's clock,
-- and which, in the words of last_error.
ALTER TABLE ferry.job ADD unread_since timestamptz, ADD unread text;
