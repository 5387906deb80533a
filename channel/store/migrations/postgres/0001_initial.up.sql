-- Amounts are 16 big-endian bytes, so that < means the same in SQL and in Go. Times are unix milliseconds unless a column says seconds.

CREATE TABLE channels (
    id          BYTEA PRIMARY KEY,      -- hash of the terms
    payer       BYTEA NOT NULL,         -- addresses are 21 bytes
    payee       BYTEA NOT NULL,
    signer      BYTEA NOT NULL,
    asset       BYTEA NOT NULL,         -- the contract's 32-byte word
    challenge   BIGINT NOT NULL,      -- seconds
    seed        BYTEA NOT NULL,
    deposit     BYTEA NOT NULL,         -- solid
    settled     BYTEA NOT NULL,         -- solid
    state       BIGINT NOT NULL,      -- 0 open, 1 closing, 2 closed
    close_at    BIGINT NOT NULL,      -- seconds
    closing_seen BIGINT NOT NULL,      -- block in which the closing was seen while not solid, or 0
    frozen      BIGINT NOT NULL,      -- 1: we have agreed to close
    paid        BYTEA NOT NULL,         -- what the evidence is worth
    promised    BYTEA NOT NULL,         -- the most it can come to be worth
    evidence    BYTEA NOT NULL,         -- voucher, signature, furthest reveals
    due_since   BIGINT NOT NULL,      -- seconds; 0 when nothing is due
    accepted    BIGINT NOT NULL,
    version     BIGINT NOT NULL       -- counts writes
);

CREATE INDEX channels_live ON channels (state, payee);

CREATE TABLE cursors (                 -- how far the follower has read: 'solid' and 'head'
    name   TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash   BYTEA NOT NULL,
    parent BYTEA NOT NULL,
    time   BIGINT NOT NULL
);

CREATE TABLE headers (                 -- the hash-linked window behind the head
    number BIGINT PRIMARY KEY,
    hash   BYTEA NOT NULL,
    parent BYTEA NOT NULL,
    time   BIGINT NOT NULL
);

CREATE TABLE intents (                 -- transactions that we have signed, stored before they are broadcast
    txid      BYTEA PRIMARY KEY,
    kind      TEXT NOT NULL,
    raw       BYTEA NOT NULL,           -- the signed transaction
    state     TEXT NOT NULL,           -- signed, in_block, solid, failed, expired
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    fee_limit BIGINT NOT NULL,        -- sun
    fence     BIGINT NOT NULL,        -- of the lease under which it was signed
    block     BIGINT NOT NULL,
    fee       BIGINT NOT NULL,        -- sun burnt
    energy    BIGINT NOT NULL,
    note      TEXT NOT NULL            -- why it failed
);

CREATE INDEX intents_open ON intents (state, created);

CREATE TABLE intent_channels (         -- what an intent settles, and up to what
    txid    BYTEA NOT NULL REFERENCES intents (txid),
    channel BYTEA NOT NULL,
    worth   BYTEA NOT NULL,
    PRIMARY KEY (txid, channel)
);

CREATE INDEX intent_channels_by_channel ON intent_channels (channel);

CREATE TABLE settlements (             -- facts: what the contract paid, from solid blocks
    block   BIGINT NOT NULL,
    idx     BIGINT NOT NULL,
    txid    BYTEA NOT NULL,
    channel BYTEA NOT NULL,
    settled BYTEA NOT NULL,             -- all that was ever paid out, after this
    amount  BYTEA NOT NULL,             -- paid out by this
    refund  BYTEA NOT NULL,
    closed  BIGINT NOT NULL,
    PRIMARY KEY (block, idx)
);

CREATE INDEX settlements_by_channel ON settlements (channel, block, idx);

CREATE TABLE sessions (                -- a hub's: one downloader pays one seeder by one tail
    anchor     BYTEA PRIMARY KEY,
    inbound    BYTEA NOT NULL,          -- channel downloader → hub
    outbound   BYTEA NOT NULL,          -- channel hub → seeder
    unit_in    BYTEA NOT NULL,
    unit_out   BYTEA NOT NULL,
    length     BIGINT NOT NULL,
    expiry_in  BIGINT NOT NULL,       -- seconds
    expiry_out BIGINT NOT NULL,       -- seconds
    redeemed   BIGINT NOT NULL,       -- steps
    preimage   BYTEA NOT NULL,          -- of the last step redeemed
    state      TEXT NOT NULL,          -- open, done, expired
    created    BIGINT NOT NULL
);

CREATE INDEX sessions_by_outbound ON sessions (outbound, state);
CREATE INDEX sessions_by_inbound ON sessions (inbound, state);

CREATE TABLE entries (                 -- double entry: what happened
    seq  BIGINT PRIMARY KEY,
    at   BIGINT NOT NULL,
    kind TEXT NOT NULL,
    ref  TEXT NOT NULL                 -- channel, transaction or session it is about
);

CREATE TABLE lines (                   -- double entry: the debits and credits of an entry, equal for every asset
    entry   BIGINT NOT NULL REFERENCES entries (seq),
    line    BIGINT NOT NULL,
    account TEXT NOT NULL,
    asset   BYTEA NOT NULL,
    debit   BYTEA NOT NULL,
    credit  BYTEA NOT NULL,
    PRIMARY KEY (entry, line)
);

CREATE INDEX lines_by_account ON lines (account, asset, entry);

CREATE TABLE balances (                -- sums of lines, kept with them
    account TEXT NOT NULL,
    asset   BYTEA NOT NULL,
    debit   BYTEA NOT NULL,
    credit  BYTEA NOT NULL,
    PRIMARY KEY (account, asset)
);

CREATE TABLE feed (                    -- what happened, for Watch and Subscribe: gapless by seq
    seq     BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    channel BYTEA NOT NULL,
    body    BYTEA NOT NULL
);

CREATE TABLE answers (                 -- idempotency: what a key was answered, and to which request
    scope   TEXT NOT NULL,
    key     TEXT NOT NULL,
    request BYTEA NOT NULL,             -- hash of the request
    answer  BYTEA NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX answers_by_age ON answers (created);

CREATE TABLE leases (                  -- who does a job that only one server may do
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    fence  BIGINT NOT NULL,           -- grows with every change of holder
    until  BIGINT NOT NULL
);

CREATE TABLE secrets (                 -- a payer's hash chains
    anchor  BYTEA PRIMARY KEY,
    channel BYTEA NOT NULL,
    secret  BYTEA NOT NULL,           -- the chain's first link: whoever has it can reveal the whole tail
    ended   BIGINT NOT NULL           -- 1: nothing more is revealed of it
);

CREATE INDEX secrets_by_channel ON secrets (channel);

CREATE TABLE received (                -- a payer's count of payload that it got over a channel
    channel BYTEA PRIMARY KEY,
    bytes   BIGINT NOT NULL
);
