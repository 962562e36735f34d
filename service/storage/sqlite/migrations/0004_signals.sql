ALTER TABLE parents ADD COLUMN signals INTEGER NOT NULL DEFAULT 0;

-- fingerprint is that of identifiers, type and current state: what makes two signals the same.
CREATE TABLE signals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    event_type TEXT NOT NULL,  -- the signal's type code
    signal_time_us INTEGER NOT NULL,
    request_id TEXT,
    receive_time_us INTEGER NOT NULL,
    source INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX signals_identity ON signals (parent_id, fingerprint);
CREATE INDEX signals_time ON signals (parent_id, signal_time_us);
CREATE INDEX signals_request ON signals (parent_id, request_id) WHERE request_id IS NOT NULL;

-- Each application and position that a signal names. kind: 1 token, 2 candidate application profile, 3 position profile.
-- is_subject: whether the signal tells where that one stands. Newest states are read off the end of each identifier's rows.
CREATE TABLE signal_identifiers (
    parent_id INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    is_subject INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    signal_time_us INTEGER NOT NULL,
    signal_id INTEGER NOT NULL,
    PRIMARY KEY (parent_id, kind, is_subject, identifier, signal_time_us, signal_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX signal_identifiers_signal ON signal_identifiers (signal_id);
