-- What grows with the number of channels is found by an index, or kept with what it is the sum of.

CREATE TABLE locked (                  -- what a hub's own live channels add up to
    asset  BLOB PRIMARY KEY,
    locked BLOB NOT NULL,              -- deposits less what was settled
    idle   INTEGER NOT NULL            -- channels that have earned nothing
) WITHOUT ROWID;

CREATE TABLE looks (                   -- seeders that may lack something, until the hub has looked and they do not
    payee BLOB NOT NULL,
    asset BLOB NOT NULL,
    waits INTEGER NOT NULL,            -- 1: for its first channel, and no downloader wants it
    since INTEGER NOT NULL,            -- when it was registered, or noted
    mark  INTEGER NOT NULL,            -- counts the times that it was noted
    PRIMARY KEY (payee, asset)
) WITHOUT ROWID;

CREATE INDEX looks_in_turn ON looks (asset, waits, since, payee);

CREATE TABLE recoveries (              -- those that the operator has asked for, so that a flag that is left in a configuration begins one once
    word  TEXT PRIMARY KEY,
    begun INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX channels_due ON channels (payee, id) WHERE due_since > 0 AND state < 2;
CREATE INDEX intents_by_age ON intents (created DESC, txid);

-- debits and credits are what the account adds up to with the line; NULL in lines from before.
ALTER TABLE lines ADD COLUMN debits BLOB;
ALTER TABLE lines ADD COLUMN credits BLOB;
