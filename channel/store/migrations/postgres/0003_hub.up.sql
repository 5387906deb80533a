CREATE TABLE seeders (                 -- who is registered at this hub, and what downloaders wanted of it in vain
    payee   BYTEA NOT NULL,
    asset   BYTEA NOT NULL,
    wanted  BYTEA NOT NULL,           -- the largest reservation that was refused since the last top-up
    created BIGINT NOT NULL,
    PRIMARY KEY (payee, asset)
);

CREATE TABLE unmerged (                -- after an old backup: channels of the hub's own on which nothing is signed before their seeder has shown what it holds
    channel BYTEA PRIMARY KEY,
    since   BIGINT NOT NULL
);

CREATE TABLE promises (                -- a downloader's sessions through a hub
    anchor   BYTEA PRIMARY KEY,
    payee    BYTEA NOT NULL,          -- the seeder
    inbound  BYTEA NOT NULL,          -- our channel to the hub
    outbound BYTEA NOT NULL,          -- the hub's channel to the seeder; zero until the hub has answered
    unit     BYTEA NOT NULL,          -- what a step is to the seeder's price
    length   BIGINT NOT NULL,
    expiry   BIGINT NOT NULL,        -- seconds, of the hub's voucher
    voucher  BYTEA NOT NULL,          -- the hub's, as channel evidence; empty until the hub has answered
    ended    BIGINT NOT NULL,        -- 1: nothing more is revealed of it
    created  BIGINT NOT NULL
);

CREATE INDEX promises_by_payee ON promises (inbound, payee, created);
CREATE INDEX channels_by_pair ON channels (payer, payee, state);
ALTER TABLE sessions ADD COLUMN withheld BYTEA NOT NULL DEFAULT '\x00000000000000000000000000000000';
