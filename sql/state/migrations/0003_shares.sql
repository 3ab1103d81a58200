-- Which credential a lane's holder sends with, so that all processes together keep to its rate: each takes an equal
-- share, and one that joins waits until those before it know (statements/lane.sql).
ALTER TABLE ferry.job
    ADD credential text,                           -- connector, address and user; never a secret
    ADD joined_at timestamptz,                     -- since when this holder drives lanes with that credential
    ADD renewed_at timestamptz,                    -- when this lease was last taken or renewed
    ADD renewed_before timestamptz;                -- and the time before that: its answer has certainly been read
CREATE INDEX job_credential ON ferry.job (credential);
