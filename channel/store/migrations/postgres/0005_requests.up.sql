CREATE TABLE requests (                -- settlements that were asked of a server that does not settle now; the one that does takes them from here
    channel BYTEA PRIMARY KEY,
    close   BIGINT NOT NULL,           -- 1: settle for the last time and refund
    created BIGINT NOT NULL
);

CREATE INDEX intents_failed ON intents (created) WHERE state = 'failed';
