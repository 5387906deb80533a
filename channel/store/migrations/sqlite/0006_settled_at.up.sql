-- made is the time of the block in unix milliseconds; 0 in rows from before.
ALTER TABLE settlements ADD COLUMN made INTEGER NOT NULL DEFAULT 0;
