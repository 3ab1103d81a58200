-- Orders that the ERP takes none like of, for a reason that only it knows.

-- ask_again_at: the ERP has none of it and said that it takes none, and was not handed it since. When it is asked the next
--   time, as long as the order is left alone and open on the portal; infinity: the portal has changed it, and it goes the
--   way of any other order.
ALTER TABLE ferry.portal_order ADD ask_again_at timestamptz;
CREATE INDEX portal_order_asked_again ON ferry.portal_order (channel, ask_again_at) WHERE left_alone AND open;
