-- Inserts of many rows say OR ROLLBACK: SQLite then keeps no copy of each page that they change, to undo them alone.
-- Any error undoes the transaction as a whole.

-- name: intern_parent
INSERT INTO parents (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET name = name RETURNING id;

-- name: parents
SELECT name, id FROM parents;

-- name: totals
SELECT coalesce(sum(user_events), 0), coalesce(sum(client_events), 0), coalesce(sum(rejected_events), 0),
    coalesce(sum(signals), 0)
FROM parents;

-- name: count_operations
SELECT kind, state, count(*) FROM operations GROUP BY kind, state ORDER BY kind, state;

-- name: parent
SELECT id, user_events, client_events, rejected_events, signals FROM parents WHERE name = ?1;

-- name: insert_user_events
INSERT OR ROLLBACK INTO user_events (parent_id, receive_time_us, source, event_time_us, fingerprint, event_type,
    visitor_id, user_id, joined_revision, payload)
VALUES :rows ON CONFLICT DO NOTHING;

-- name: add_user_events
UPDATE parents SET user_events = user_events + ?2 WHERE id = ?1;

-- name: last_user_event
SELECT coalesce(max(id), 0) FROM user_events;

-- name: inserted_user_events
SELECT count(*), count(joined_revision), coalesce(group_concat(hex(fingerprint), ''), '')
FROM user_events NOT INDEXED WHERE id > ?1;

-- name: set_joined_revision
UPDATE user_events SET joined_revision = ?1 WHERE id IN (SELECT value FROM json_each(?2));

-- name: deleted_user_events
SELECT parent_id, count(*) FROM user_events WHERE id IN (SELECT value FROM json_each(?1)) GROUP BY parent_id;

-- name: delete_user_events
DELETE FROM user_events WHERE id IN (SELECT value FROM json_each(?1));

-- name: delete_client_events
DELETE FROM client_events WHERE id IN (SELECT value FROM json_each(?1));

-- name: revision
SELECT revision FROM parents WHERE id = ?1;

-- name: set_revision
UPDATE parents SET revision = ?2 WHERE id = ?1;

-- name: expiries
SELECT product_id, expire_time_us FROM products
WHERE parent_id = ?1 AND until_revision IS NULL AND product_id IN (SELECT value FROM json_each(?2));

-- name: current_products
SELECT product_id, type, primary_product_id, availability, create_time_us, change_time_us, expire_time_us, payload
FROM products
WHERE parent_id = ?1 AND until_revision IS NULL AND product_id IN (SELECT value FROM json_each(?2));

-- name: variants
SELECT product_id, type, primary_product_id, availability, create_time_us, change_time_us, expire_time_us, payload
FROM products
WHERE parent_id = ?1 AND primary_product_id = ?2 AND until_revision IS NULL AND product_id <> ?2;

-- name: collections
SELECT product_id, type, primary_product_id, availability, create_time_us, change_time_us, expire_time_us, payload
FROM products
WHERE parent_id = ?1 AND type = 3 AND until_revision IS NULL;

-- name: insert_product
INSERT INTO products (parent_id, from_revision, written_revision, product_id, type, primary_product_id, availability,
    create_time_us, change_time_us, expire_time_us, payload)
VALUES :rows;

-- name: end_products
UPDATE products SET until_revision = ?2
WHERE parent_id = ?1 AND until_revision IS NULL AND product_id IN (SELECT value FROM json_each(?3));

-- name: confirm_products
UPDATE products SET written_revision = ?2
WHERE parent_id = ?1 AND until_revision IS NULL AND written_revision < ?2
    AND product_id IN (SELECT value FROM json_each(?3));

-- name: products_left_alone
SELECT product_id, type, primary_product_id, availability, create_time_us, change_time_us, expire_time_us, payload
FROM products
WHERE parent_id = ?1 AND until_revision IS NULL AND written_revision <= ?2 AND product_id > ?3
ORDER BY product_id LIMIT ?4;

-- name: products_of_revision
SELECT product_id, type, primary_product_id, availability, create_time_us, change_time_us, expire_time_us, payload
FROM products
WHERE parent_id = ?1 AND product_id > ?3 AND from_revision <= ?2 AND (until_revision IS NULL OR until_revision > ?2)
ORDER BY product_id LIMIT ?4;

-- name: which_left_alone
SELECT product_id FROM products
WHERE parent_id = ?1 AND until_revision IS NULL AND written_revision <= ?2
    AND product_id IN (SELECT value FROM json_each(?3));

-- name: forget_products
DELETE FROM products WHERE parent_id = ?1 AND until_revision IS NOT NULL AND id IN (SELECT value FROM json_each(?2));

-- name: past_products
SELECT id, from_revision, until_revision FROM products WHERE parent_id = ?1 AND until_revision IS NOT NULL;

-- name: referred_revisions
SELECT DISTINCT joined_revision FROM user_events WHERE parent_id = ?1 AND joined_revision > 0;

-- name: list_products
SELECT product_id, type, primary_product_id, availability, create_time_us, change_time_us, expire_time_us, payload
FROM products
WHERE parent_id = ?1 AND until_revision IS NULL AND product_id > ?2
    AND (?3 IS NULL OR type = ?3)
    AND (?4 IS NULL OR primary_product_id = ?4)
    AND (?5 IS NULL OR product_id IN (SELECT value FROM json_each(?5)))
ORDER BY product_id LIMIT ?6;

-- name: count_products
SELECT count(*) FROM products
WHERE parent_id = ?1 AND until_revision IS NULL
    AND (?2 IS NULL OR type = ?2)
    AND (?3 IS NULL OR primary_product_id = ?3)
    AND (?4 IS NULL OR product_id IN (SELECT value FROM json_each(?4)));

-- name: products_at
SELECT wanted.value ->> 0, wanted.value ->> 1, products.id, products.expire_time_us, products.payload
FROM json_each(?2) AS wanted CROSS JOIN products
    ON products.parent_id = ?1 AND products.product_id = wanted.value ->> 0
    AND products.from_revision <= wanted.value ->> 1
    AND (products.until_revision IS NULL OR products.until_revision > wanted.value ->> 1);

-- name: insert_client_event
INSERT OR ROLLBACK INTO client_events (parent_id, event_id, fingerprint, create_time_us, request_id, event_type,
    receive_time_us, source, payload, form, other_fingerprints, beside)
VALUES :rows;

-- name: has_client_event_keys
SELECT EXISTS (
    SELECT 1 FROM carray(?1) AS wanted CROSS JOIN client_event_keys AS known
        ON known.key = wanted.value
);

-- name: client_events_there
SELECT json_group_array(json_array(parent_id, hex(event_id), hex(fingerprint), hex(other_fingerprints),
    CASE WHEN form = 1 THEN id END))
FROM client_events WHERE id IN (
    SELECT known.id FROM json_each(?1) AS wanted CROSS JOIN client_event_keys AS known
        ON known.key = wanted.value
    UNION ALL
    SELECT known.id FROM json_each(?2) AS wanted CROSS JOIN client_event_key_runs AS known
        ON known.run = wanted.value ->> 0 AND known.key = wanted.value ->> 1
    UNION ALL
    SELECT value FROM json_each(?3)
);

-- name: client_event_payload
SELECT payload FROM client_events WHERE id = ?1;

-- name: client_event_key_seed
SELECT key_seed FROM client_event_merge;

-- name: client_events_without_keys
SELECT id, parent_id, event_id, request_id FROM client_events
WHERE id >= (SELECT keyed_until_id FROM client_event_merge) ORDER BY id;

-- name: insert_client_event_keys
INSERT OR ROLLBACK INTO client_event_key_runs (run, key, id)
SELECT ?3, value >> ?2, ?4 + (value & ((1 << ?2) - 1)) FROM carray(?1);

-- name: set_client_events_keyed
UPDATE client_event_merge SET keyed_until_id = ?1;

-- name: client_event_run_keys
SELECT run, json_group_array(key) FROM client_event_key_runs WHERE key < ?1 GROUP BY run;

-- name: oldest_client_event_run
SELECT min(run) FROM client_event_key_runs;

-- name: client_event_merge
SELECT until_id, next_key FROM client_event_merge;

-- name: set_client_event_merge
UPDATE client_event_merge SET until_id = ?1, next_key = ?2;

-- name: merge_client_event_keys
INSERT OR IGNORE INTO client_event_keys (key, id)
SELECT merged.key, merged.id
FROM json_each(?1) AS runs CROSS JOIN client_event_key_runs AS merged
    ON merged.run = runs.value AND merged.key >= ?2 AND merged.key < ?3
ORDER BY 1, 2;

-- name: delete_client_event_run
DELETE FROM client_event_key_runs WHERE run = ?1;

-- name: client_event_texts
SELECT json_group_array(json_array(id, parent_id, hex(event_id), iif(request_id IS NULL, NULL, hex(request_id))))
FROM client_events WHERE id IN (SELECT value FROM json_each(?1));

-- name: delete_client_event_keys
DELETE FROM client_event_keys
WHERE (key, id) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1));

-- name: delete_client_event_run_keys
DELETE FROM client_event_key_runs
WHERE (run, key, id) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1));

-- name: add_client_events
UPDATE parents SET client_events = client_events + ?2 WHERE id = ?1;

-- name: events_of_requests
WITH wanted AS MATERIALIZED (
    SELECT key AS place, client_event_key(1, ?3, value ->> 0) AS key, value ->> 0 AS request_id, value ->> 1 AS seen
    FROM json_each(?1)
)
SELECT json_group_array(json_array(place, json(ids))) FROM (
    SELECT place, (
        SELECT json_group_array(id) FROM (
            SELECT id FROM client_event_keys WHERE key = wanted.key AND id > seen ORDER BY id LIMIT ?2
        )
    ) AS ids
    FROM wanted
    UNION ALL
    SELECT place, json_array(id) FROM (
        SELECT place, recent.id AS id
        FROM client_event_runs AS runs CROSS JOIN wanted CROSS JOIN client_event_key_runs AS recent
            ON recent.run = runs.run AND recent.key = wanted.key AND recent.id > seen
        ORDER BY 1, 2 LIMIT ?2
    )
    UNION ALL
    SELECT place, json_array(id) FROM (
        SELECT place, latest.id AS id
        FROM client_events AS latest CROSS JOIN wanted ON wanted.request_id = latest.request_id
        WHERE latest.id >= (SELECT keyed_until_id FROM client_event_merge) AND latest.id > seen
            AND latest.request_id IN (SELECT request_id FROM wanted)
        ORDER BY 1, 2 LIMIT ?2
    )
);

-- name: story_events
SELECT json_group_array(json_array(place, request_id, id, event_type, payload)) FROM (
    SELECT wanted.key AS place, request_id, client_events.id AS id, event_type,
        CASE WHEN event_type IN (SELECT value FROM json_each(?3)) THEN hex(payload) END AS payload
    FROM json_each(?2) AS wanted CROSS JOIN client_events ON client_events.id = wanted.value
    WHERE parent_id = ?1 ORDER BY wanted.key
);

-- name: story_event_sizes
SELECT json_group_array(size) FROM (
    SELECT CASE WHEN event_type IN (SELECT value FROM json_each(?2)) THEN length(payload) END AS size
    FROM json_each(?1) AS wanted LEFT JOIN client_events ON client_events.id = wanted.value
    ORDER BY wanted.key
);

-- name: insert_signal
INSERT OR ROLLBACK INTO signals (parent_id, fingerprint, event_type, signal_time_us, request_id, receive_time_us, source,
    payload)
VALUES :rows ON CONFLICT DO NOTHING;

-- name: last_signal
SELECT coalesce(max(id), 0) FROM signals;

-- name: signals_there
SELECT json_group_array(json_array(wanted.key, signals.id))
FROM json_each(?1) AS wanted CROSS JOIN signals
    ON signals.parent_id = wanted.value ->> 0 AND signals.fingerprint = unhex(wanted.value ->> 1);

-- name: insert_signal_identifier
INSERT OR ROLLBACK INTO signal_identifiers (parent_id, kind, is_subject, identifier, signal_time_us, signal_id)
VALUES :rows;

-- name: add_signals
UPDATE parents SET signals = signals + ?2 WHERE id = ?1;

-- name: deleted_signals
SELECT parent_id, count(*) FROM signals WHERE id IN (SELECT value FROM json_each(?1)) GROUP BY parent_id;

-- name: delete_signals
DELETE FROM signals WHERE id IN (SELECT value FROM json_each(?1));

-- name: delete_signal_identifiers
DELETE FROM signal_identifiers WHERE signal_id IN (SELECT value FROM json_each(?1));

-- name: signal_state
SELECT id, signals.signal_time_us, id, receive_time_us, source, 0, payload
FROM signals JOIN signal_identifiers ON signal_id = id
WHERE signal_identifiers.parent_id = ?1 AND kind = ?2 AND is_subject = 1 AND identifier = ?3
ORDER BY signal_identifiers.signal_time_us DESC, signal_id DESC LIMIT 1;

-- name: signal_states
WITH RECURSIVE known (identifier) AS (
    SELECT min(identifier) FROM signal_identifiers
    WHERE parent_id = ?1 AND kind = ?2 AND is_subject = 1 AND identifier > ?3
    UNION ALL
    SELECT (
        SELECT min(next.identifier) FROM signal_identifiers AS next
        WHERE parent_id = ?1 AND kind = ?2 AND is_subject = 1 AND next.identifier > known.identifier
    )
    FROM known WHERE known.identifier IS NOT NULL
    LIMIT ?4
)
SELECT known.identifier, id, signal_time_us, id, receive_time_us, source, 0, payload
FROM known JOIN signals ON signals.id = (
    SELECT signal_id FROM signal_identifiers AS each
    WHERE each.parent_id = ?1 AND kind = ?2 AND is_subject = 1 AND each.identifier = known.identifier
    ORDER BY each.signal_time_us DESC, signal_id DESC LIMIT 1
)
ORDER BY known.identifier;

-- name: insert_rejection
INSERT OR ROLLBACK INTO rejected_events (parent_id, receive_time_us, source, operation, uri, line_number, status, raw,
    raw_truncated)
VALUES :rows;

-- name: add_rejections
UPDATE parents SET rejected_events = rejected_events + ?2 WHERE id = ?1 RETURNING rejected_events;

-- name: drop_oldest_rejections
DELETE FROM rejected_events WHERE id IN (SELECT id FROM rejected_events WHERE parent_id = ?1 ORDER BY id LIMIT ?2);

-- name: expired_rejections
SELECT parent_id, count(*) FROM rejected_events WHERE id IN (
    SELECT id FROM rejected_events WHERE receive_time_us < ?1 ORDER BY receive_time_us, id LIMIT ?2
) GROUP BY parent_id;

-- name: drop_expired_rejections
DELETE FROM rejected_events WHERE id IN (
    SELECT id FROM rejected_events WHERE receive_time_us < ?1 ORDER BY receive_time_us, id LIMIT ?2
);

-- name: drop_expired_operations
DELETE FROM operations WHERE id IN (SELECT id FROM operations WHERE state >= 2 AND update_time_us < ?1 LIMIT ?2);

-- name: insert_operation
INSERT INTO operations (name, kind, parent_id, state, request, plan, progress, result, error, create_time_us, update_time_us)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);

-- name: update_operation
UPDATE operations SET state = ?2, progress = ?3, result = ?4, error = ?5, update_time_us = ?6 WHERE name = ?1;

-- name: request_cancel
UPDATE operations SET cancel_requested = 1 WHERE name = ?1 AND state < 2;

-- name: delete_operation
DELETE FROM operations WHERE name = ?1;

-- name: get_operation
SELECT name, kind, parent_id, state, x'', plan, progress, result, error, create_time_us, update_time_us, cancel_requested
FROM operations WHERE name = ?1;

-- name: list_operations
SELECT id, name, kind, parent_id, state, x'', plan, progress, result, error, create_time_us, update_time_us, cancel_requested
FROM operations
WHERE name >= ?1 || '/' AND name < ?1 || '0'
    AND (?2 IS NULL OR kind IN (SELECT value FROM json_each(?2)))
    AND (?3 IS NULL OR (state >= 2) = ?3)
    AND (?4 IS NULL OR id < ?4)
ORDER BY id DESC LIMIT ?5;

-- name: unfinished_operations
SELECT name, kind, parent_id, state, request, plan, progress, result, error, create_time_us, update_time_us, cancel_requested
FROM operations WHERE state < 2 ORDER BY id;

-- name: rejections_after
SELECT id, parent_id, receive_time_us, source, operation, uri, line_number, status, raw, raw_truncated
FROM rejected_events WHERE parent_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3;

-- name: list_rejections
SELECT id, parent_id, receive_time_us, source, operation, uri, line_number, status, raw, raw_truncated
FROM rejected_events WHERE parent_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3;
