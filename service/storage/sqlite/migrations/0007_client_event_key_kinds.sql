-- The kind of a key is its first bit: what is told apart by one number is found a third faster. The other 47 are of
-- another hash, with a secret seed, so that nobody can make texts with one key. The latest events, from keyed_until_id
-- on, have no keys in these tables yet.
DROP TABLE client_event_key_runs;
DROP TABLE client_event_keys;
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

ALTER TABLE client_event_merge ADD COLUMN keyed_until_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE client_event_merge ADD COLUMN key_seed INTEGER NOT NULL DEFAULT 0;
UPDATE client_event_merge SET
    until_id = 0,
    next_key = 0,
    keyed_until_id = (SELECT coalesce(max(id), 0) + 1 FROM client_events),
    key_seed = random() & 0x3fffffffffffffff;

INSERT INTO client_event_keys
SELECT client_event_key(0, parent_id, event_id), id FROM client_events
UNION ALL
SELECT client_event_key(1, parent_id, request_id), id FROM client_events WHERE request_id IS NOT NULL
ORDER BY 1, 2;
