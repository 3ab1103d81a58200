-- A request whose answer was lost may be applied late, and put an older value in the place of a newer one.

-- What was confirmed is looked at once more then: see plugin/domain/publication.h. NULL: nothing is in doubt.
ALTER TABLE ferry.publication ADD confirm_at timestamptz;
CREATE INDEX publication_doubtful ON ferry.publication (channel, feed, confirm_at)
    WHERE state = 'settled' AND confirm_at IS NOT NULL;
-- When the lane was last taken from a holder that had not given it back: what that one sent and never recorded may
-- still be applied.
ALTER TABLE ferry.job ADD taken_over_at timestamptz;
