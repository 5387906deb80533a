DROP INDEX intents_failed;
DROP TABLE requests;
