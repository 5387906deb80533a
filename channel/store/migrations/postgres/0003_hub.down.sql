ALTER TABLE sessions DROP COLUMN withheld;
