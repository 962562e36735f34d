-- Resource names are long and repeat: rows carry their number as parent_id.
CREATE TABLE parents (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    user_events INTEGER NOT NULL DEFAULT 0,    -- exact counts, kept in the transaction that changes them
    client_events INTEGER NOT NULL DEFAULT 0,
    rejected_events INTEGER NOT NULL DEFAULT 0
) STRICT;

-- id is the arrival number; AUTOINCREMENT so that a number is never given twice, even after deletes.
CREATE TABLE user_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER NOT NULL,
    event_time_us INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    event_type TEXT NOT NULL,
    visitor_id TEXT NOT NULL,
    user_id TEXT,
    receive_time_us INTEGER NOT NULL,
    source INTEGER NOT NULL,
    joined_revision INTEGER,
    payload BLOB NOT NULL
) STRICT;
-- Dedupe and time index in one.
CREATE UNIQUE INDEX user_events_identity ON user_events (parent_id, event_time_us, fingerprint);

CREATE TABLE client_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    create_time_us INTEGER NOT NULL,
    request_id TEXT,
    event_type INTEGER NOT NULL,
    receive_time_us INTEGER NOT NULL,
    source INTEGER NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX client_events_identity ON client_events (parent_id, event_id);
CREATE INDEX client_events_time ON client_events (parent_id, create_time_us);

CREATE TABLE rejected_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    parent_id INTEGER NOT NULL,
    receive_time_us INTEGER NOT NULL,
    source INTEGER NOT NULL,
    operation TEXT,
    uri TEXT,
    line_number INTEGER,
    status BLOB NOT NULL,
    raw TEXT NOT NULL,
    raw_truncated INTEGER NOT NULL
) STRICT;
CREATE INDEX rejected_events_parent ON rejected_events (parent_id, id);
CREATE INDEX rejected_events_time ON rejected_events (receive_time_us);

CREATE TABLE operations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    parent_id INTEGER NOT NULL,
    state INTEGER NOT NULL,
    request BLOB NOT NULL,
    plan TEXT NOT NULL,
    progress TEXT NOT NULL,
    result BLOB,
    error BLOB,
    create_time_us INTEGER NOT NULL,
    update_time_us INTEGER NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX operations_unfinished ON operations (state) WHERE state < 2;
