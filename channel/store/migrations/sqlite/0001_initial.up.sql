-- Amounts are 16 big-endian bytes, so that < means the same in SQL and in Go. Times are unix milliseconds unless a column says seconds.

CREATE TABLE channels (
    id          BLOB PRIMARY KEY,      -- hash of the terms
    payer       BLOB NOT NULL,         -- addresses are 21 bytes
    payee       BLOB NOT NULL,
    signer      BLOB NOT NULL,
    asset       BLOB NOT NULL,         -- the contract's 32-byte word
    challenge   INTEGER NOT NULL,      -- seconds
    seed        BLOB NOT NULL,
    deposit     BLOB NOT NULL,         -- solid
    settled     BLOB NOT NULL,         -- solid
    state       INTEGER NOT NULL,      -- 0 open, 1 closing, 2 closed
    close_at    INTEGER NOT NULL,      -- seconds
    closing_seen INTEGER NOT NULL,      -- block in which the closing was seen while not solid, or 0
    frozen      INTEGER NOT NULL,      -- 1: we have agreed to close
    paid        BLOB NOT NULL,         -- what the evidence is worth
    promised    BLOB NOT NULL,         -- the most it can come to be worth
    evidence    BLOB NOT NULL,         -- voucher, signature, furthest reveals
    due_since   INTEGER NOT NULL,      -- seconds; 0 when nothing is due
    accepted    INTEGER NOT NULL,
    version     INTEGER NOT NULL       -- counts writes
) WITHOUT ROWID;

CREATE INDEX channels_live ON channels (state, payee);

-- Evidence that is durable but not yet in channels: one row a commit, folded in lazily.
CREATE TABLE evidence_log (
    seq  INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

CREATE TABLE cursors (                 -- how far the follower has read: 'solid' and 'head'
    name   TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    parent BLOB NOT NULL,
    time   INTEGER NOT NULL
);

CREATE TABLE headers (                 -- the hash-linked window behind the head
    number INTEGER PRIMARY KEY,
    hash   BLOB NOT NULL,
    parent BLOB NOT NULL,
    time   INTEGER NOT NULL
);

CREATE TABLE intents (                 -- transactions that we have signed, stored before they are broadcast
    txid      BLOB PRIMARY KEY,
    kind      TEXT NOT NULL,
    raw       BLOB NOT NULL,           -- the signed transaction
    state     TEXT NOT NULL,           -- signed, in_block, solid, failed, expired
    created   INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    fee_limit INTEGER NOT NULL,        -- sun
    fence     INTEGER NOT NULL,        -- of the lease under which it was signed
    block     INTEGER NOT NULL,
    fee       INTEGER NOT NULL,        -- sun burnt
    energy    INTEGER NOT NULL,
    note      TEXT NOT NULL            -- why it failed
);

CREATE INDEX intents_open ON intents (state, created);

CREATE TABLE intent_channels (         -- what an intent settles, and up to what
    txid    BLOB NOT NULL REFERENCES intents (txid),
    channel BLOB NOT NULL,
    worth   BLOB NOT NULL,
    PRIMARY KEY (txid, channel)
) WITHOUT ROWID;

CREATE INDEX intent_channels_by_channel ON intent_channels (channel);

CREATE TABLE settlements (             -- facts: what the contract paid, from solid blocks
    block   INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    txid    BLOB NOT NULL,
    channel BLOB NOT NULL,
    settled BLOB NOT NULL,             -- all that was ever paid out, after this
    amount  BLOB NOT NULL,             -- paid out by this
    refund  BLOB NOT NULL,
    closed  INTEGER NOT NULL,
    PRIMARY KEY (block, idx)
) WITHOUT ROWID;

CREATE INDEX settlements_by_channel ON settlements (channel, block, idx);

CREATE TABLE sessions (                -- a hub's: one downloader pays one seeder by one tail
    anchor     BLOB PRIMARY KEY,
    inbound    BLOB NOT NULL,          -- channel downloader → hub
    outbound   BLOB NOT NULL,          -- channel hub → seeder
    unit_in    BLOB NOT NULL,
    unit_out   BLOB NOT NULL,
    length     INTEGER NOT NULL,
    expiry_in  INTEGER NOT NULL,       -- seconds
    expiry_out INTEGER NOT NULL,       -- seconds
    redeemed   INTEGER NOT NULL,       -- steps
    preimage   BLOB NOT NULL,          -- of the last step redeemed
    state      TEXT NOT NULL,          -- open, done, expired
    created    INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX sessions_by_outbound ON sessions (outbound, state);
CREATE INDEX sessions_by_inbound ON sessions (inbound, state);

CREATE TABLE entries (                 -- double entry: what happened
    seq  INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    kind TEXT NOT NULL,
    ref  TEXT NOT NULL                 -- channel, transaction or session it is about
);

CREATE TABLE lines (                   -- double entry: the debits and credits of an entry, equal for every asset
    entry   INTEGER NOT NULL REFERENCES entries (seq),
    line    INTEGER NOT NULL,
    account TEXT NOT NULL,
    asset   BLOB NOT NULL,
    debit   BLOB NOT NULL,
    credit  BLOB NOT NULL,
    PRIMARY KEY (entry, line)
) WITHOUT ROWID;

CREATE INDEX lines_by_account ON lines (account, asset, entry);

CREATE TABLE balances (                -- sums of lines, kept with them
    account TEXT NOT NULL,
    asset   BLOB NOT NULL,
    debit   BLOB NOT NULL,
    credit  BLOB NOT NULL,
    PRIMARY KEY (account, asset)
) WITHOUT ROWID;

CREATE TABLE feed (                    -- what happened, for Watch and Subscribe: gapless by seq
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    channel BLOB NOT NULL,
    body    BLOB NOT NULL
);

CREATE TABLE answers (                 -- idempotency: what a key was answered, and to which request
    scope   TEXT NOT NULL,
    key     TEXT NOT NULL,
    request BLOB NOT NULL,             -- hash of the request
    answer  BLOB NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;

CREATE INDEX answers_by_age ON answers (created);

CREATE TABLE leases (                  -- who does a job that only one server may do
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    fence  INTEGER NOT NULL,           -- grows with every change of holder
    until  INTEGER NOT NULL
);

CREATE TABLE secrets (                 -- a payer's hash chains
    anchor  BLOB PRIMARY KEY,
    channel BLOB NOT NULL,
    secret  BLOB NOT NULL,           -- the chain's first link: whoever has it can reveal the whole tail
    ended   INTEGER NOT NULL           -- 1: nothing more is revealed of it
) WITHOUT ROWID;

CREATE INDEX secrets_by_channel ON secrets (channel);

CREATE TABLE received (                -- a payer's count of payload that it got over a channel
    channel BLOB PRIMARY KEY,
    bytes   INTEGER NOT NULL
) WITHOUT ROWID;
