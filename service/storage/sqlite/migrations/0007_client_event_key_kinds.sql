-- The kind of a key is its first bit: what is told apart by one number is found a third faster. The other 47 are of
-- another hash, with a secret seed, so that nobody can make texts with one key. The latest events, from keyed_until_id
-- on, have no keys in these tables yet.
DROP VIEW client_event_runs;
DROP TABLE client_event_key_runs;
DROP TABLE client_event_keys;
DROP TABLE client_event_merge;

CREATE TABLE client_event_keys (
    key INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (key, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE client_event_key_runs (
    run INTEGER NOT NULL,
    key INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (run, key, id)
) STRICT, WITHOUT ROWID;
CREATE VIEW client_event_runs (run) AS
WITH RECURSIVE runs (run) AS (
    SELECT min(run) FROM client_event_key_runs
    UNION ALL
    SELECT (SELECT min(run) FROM client_event_key_runs WHERE run > runs.run) FROM runs WHERE runs.run IS NOT NULL
)
SELECT run FROM runs WHERE run IS NOT NULL;

-- The oldest runs, those of the arrivals below until_id, are merged up to, but without, next_key.
CREATE TABLE client_event_merge (
    until_id INTEGER NOT NULL,
    next_key INTEGER NOT NULL,
    keyed_until_id INTEGER NOT NULL,
    key_seed INTEGER NOT NULL
) STRICT;
INSERT INTO client_event_merge SELECT 0, 0, coalesce(max(id), 0) + 1, random() & 0x3fffffffffffffff FROM client_events;

INSERT INTO client_event_keys
SELECT client_event_key(0, parent_id, event_id), id FROM client_events
UNION ALL
SELECT client_event_key(1, parent_id, request_id), id FROM client_events WHERE request_id IS NOT NULL
ORDER BY 1, 2;
