CREATE TABLE seeders (                 -- who is registered at this hub, and what downloaders wanted of it in vain
    payee   BLOB NOT NULL,
    asset   BLOB NOT NULL,
    wanted  BLOB NOT NULL,           -- the largest reservation that was refused since the last top-up
    created INTEGER NOT NULL,
    PRIMARY KEY (payee, asset)
) WITHOUT ROWID;

CREATE TABLE unmerged (                -- after an old backup: channels of the hub's own on which nothing is signed before their seeder has shown what it holds
    channel BLOB PRIMARY KEY,
    since   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE promises (                -- a downloader's sessions through a hub
    anchor   BLOB PRIMARY KEY,
    payee    BLOB NOT NULL,          -- the seeder
    inbound  BLOB NOT NULL,          -- our channel to the hub
    outbound BLOB NOT NULL,          -- the hub's channel to the seeder; zero until the hub has answered
    unit     BLOB NOT NULL,          -- what a step is to the seeder's price
    length   INTEGER NOT NULL,
    expiry   INTEGER NOT NULL,        -- seconds, of the hub's voucher
    voucher  BLOB NOT NULL,          -- the hub's, as channel evidence; empty until the hub has answered
    ended    INTEGER NOT NULL,        -- 1: nothing more is revealed of it
    created  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX promises_by_payee ON promises (inbound, payee, created);
CREATE INDEX channels_by_pair ON channels (payer, payee, state);
ALTER TABLE sessions ADD COLUMN withheld BLOB NOT NULL DEFAULT X'00000000000000000000000000000000';
