-- Client events are found by keys: 48 bits of a hash of parent and id (kind 0), of parent and request id (kind 1).
-- Keys come in any order, so that in a large index each would dirty a page of its own. Those of a few thousand arrivals
-- make up a run, which is small; many runs are later merged at once, in the order of keys, into the large table.
-- A key may be in both meanwhile. Whoever finds an event by its key looks whether it is the one that was meant.
CREATE TABLE client_event_keys (
    kind INTEGER NOT NULL,
    key INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (kind, key, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE client_event_key_runs (
    run INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    key INTEGER NOT NULL,
    id INTEGER NOT NULL,
    PRIMARY KEY (run, kind, key, id)
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
    next_key INTEGER NOT NULL
) STRICT;
INSERT INTO client_event_merge VALUES (0, 0);

-- The keys themselves come with 0007; no release ended here.

DROP INDEX client_events_identity;
DROP INDEX client_events_request;
