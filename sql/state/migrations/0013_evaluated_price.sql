-- What only the ERP can evaluate: plugin/engine/evaluation.h says how it is asked for, sql/profiles/*/ for what.

CREATE TABLE ferry.evaluated_price (
    channel integer NOT NULL,
    feed text NOT NULL,
    key bigint NOT NULL,
    about text NOT NULL,                           -- which of the key's values, in the profile's words
    price numeric,                                 -- NULL and no error: the ERP has not been asked, or did not answer
    error text,                                    -- why the ERP has no price
    round text NOT NULL,                           -- of the run that last dealt with it
    is_due boolean NOT NULL DEFAULT false,         -- asked in vain since: the next look at the tables asks again
    evaluated_at timestamptz,
    PRIMARY KEY (channel, feed, key, about),
    CHECK (price IS NULL OR error IS NULL)
);
CREATE INDEX evaluated_price_due ON ferry.evaluated_price (channel, feed) WHERE is_due;
