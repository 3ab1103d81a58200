-- Changes that a portal makes to an order which the ERP has already.

-- revision: due: the ERP is to be told of the document at revise_at; review: a person has to look, for the reason; NULL: the
--   ERP has taken what the portal shows.
-- handed_fingerprint: of the document that was last handed to the ERP. What came since is handed over once more.
ALTER TABLE ferry.portal_order
    ADD revision text CHECK (revision IN ('due', 'review')), ADD revise_at timestamptz, ADD handed_fingerprint bigint,
    ADD CHECK (revision IS NULL OR state = 'linked'),
    ADD CHECK ((revision IS NOT DISTINCT FROM 'due') = (revise_at IS NOT NULL)),
    ADD CHECK (revision IS DISTINCT FROM 'review' OR reason IS NOT NULL);
CREATE INDEX portal_order_linked ON ferry.portal_order (channel, placed_at) WHERE state = 'linked';
CREATE INDEX portal_order_revision ON ferry.portal_order (channel, revise_at) WHERE revision IS NOT NULL;
