ALTER TABLE lines DROP COLUMN credits;
ALTER TABLE lines DROP COLUMN debits;
DROP INDEX intents_by_age;
DROP INDEX channels_due;
DROP TABLE recoveries;
DROP TABLE looks;
DROP TABLE locked;
