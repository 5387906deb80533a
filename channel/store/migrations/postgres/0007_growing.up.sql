-- What grows with the number of channels is found by an index, or kept with what it is the sum of.

CREATE TABLE locked (                  -- what a hub's own live channels add up to
    asset  BYTEA PRIMARY KEY,
    locked BYTEA NOT NULL,              -- deposits less what was settled
    idle   BIGINT NOT NULL            -- channels that have earned nothing
);

CREATE TABLE looks (                   -- seeders that may lack something, until the hub has looked and they do not
    payee BYTEA NOT NULL,
    asset BYTEA NOT NULL,
    waits BIGINT NOT NULL,            -- 1: for its first channel, and no downloader wants it
    since BIGINT NOT NULL,            -- when it was registered, or noted
    mark  BIGINT NOT NULL,            -- counts the times that it was noted
    PRIMARY KEY (payee, asset)
);

CREATE INDEX looks_in_turn ON looks (asset, waits, since, payee);

CREATE TABLE recoveries (              -- those that the operator has asked for, so that a flag that is left in a configuration begins one once
    word  TEXT PRIMARY KEY,
    begun BIGINT NOT NULL
);

CREATE INDEX channels_due ON channels (payee, id) WHERE due_since > 0 AND state < 2;
CREATE INDEX intents_by_age ON intents (created DESC, txid);

-- debits and credits are what the account adds up to with the line; NULL in lines from before.
ALTER TABLE lines ADD COLUMN debits BYTEA;
ALTER TABLE lines ADD COLUMN credits BYTEA;
