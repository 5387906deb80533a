CREATE TABLE tokens (                  -- who may make which calls of the API
    id      TEXT PRIMARY KEY,
    hash    BLOB NOT NULL,             -- of the secret, which nobody keeps
    name    TEXT NOT NULL,
    scopes  TEXT NOT NULL,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,           -- 0: never
    revoked INTEGER NOT NULL            -- 0: not
);
CREATE INDEX feed_by_channel ON feed (channel, seq);
