-- What the last run that looked at hints had seen. The watermark itself moves only with runs that looked at every
-- contributing row: a write that reported nothing must not be passed over by a run that looked at reports alone.
ALTER TABLE ferry.job ADD hint_snapshot pg_snapshot;
