ALTER TABLE settlements DROP COLUMN made;
