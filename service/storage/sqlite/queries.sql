-- name: intern_parent
INSERT INTO parents (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET name = name RETURNING id;

-- name: parents
SELECT name, id FROM parents;

-- name: parent
SELECT id, user_events, client_events, rejected_events FROM parents WHERE name = ?1;

-- name: insert_user_event
INSERT INTO user_events (parent_id, event_time_us, fingerprint, event_type, visitor_id, user_id, receive_time_us, source,
    joined_revision, payload)
VALUES :rows ON CONFLICT DO NOTHING;

-- name: add_user_events
UPDATE parents SET user_events = user_events + ?2 WHERE id = ?1;

-- name: insert_client_event
INSERT INTO client_events (parent_id, event_id, fingerprint, create_time_us, request_id, event_type, receive_time_us, source,
    payload)
VALUES :rows ON CONFLICT DO NOTHING;

-- name: client_event_fingerprint
SELECT fingerprint FROM client_events WHERE parent_id = ?1 AND event_id = ?2;

-- name: add_client_events
UPDATE parents SET client_events = client_events + ?2 WHERE id = ?1;

-- name: insert_rejection
INSERT INTO rejected_events (parent_id, receive_time_us, source, operation, uri, line_number, status, raw, raw_truncated)
VALUES :rows;

-- name: add_rejections
UPDATE parents SET rejected_events = rejected_events + ?2 WHERE id = ?1 RETURNING rejected_events;

-- name: drop_oldest_rejections
DELETE FROM rejected_events WHERE id IN (SELECT id FROM rejected_events WHERE parent_id = ?1 ORDER BY id LIMIT ?2);

-- name: expired_rejections
SELECT parent_id, count(*) FROM rejected_events WHERE receive_time_us < ?1 GROUP BY parent_id;

-- name: drop_expired_rejections
DELETE FROM rejected_events WHERE receive_time_us < ?1;

-- name: drop_expired_operations
DELETE FROM operations WHERE state >= 2 AND update_time_us < ?1;

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

-- name: list_user_events
SELECT id, event_time_us, fingerprint, receive_time_us, source, joined_revision IS NOT NULL, payload
FROM user_events
WHERE parent_id = ?1 AND (event_time_us, fingerprint) > (?2, ?3)
ORDER BY event_time_us, fingerprint LIMIT ?4;

-- name: get_user_event
SELECT id, event_time_us, fingerprint, receive_time_us, source, joined_revision IS NOT NULL, payload
FROM user_events WHERE id = ?2 AND parent_id = ?1;

-- name: list_client_events
SELECT id, create_time_us, fingerprint, receive_time_us, source, 0, payload
FROM client_events
WHERE parent_id = ?1 AND (create_time_us, id) > (?2, ?3)
ORDER BY create_time_us, id LIMIT ?4;

-- name: get_client_event
SELECT id, create_time_us, fingerprint, receive_time_us, source, 0, payload
FROM client_events WHERE id = ?2 AND parent_id = ?1;

-- name: list_rejections
SELECT id, parent_id, receive_time_us, source, operation, uri, line_number, status, raw, raw_truncated
FROM rejected_events WHERE parent_id = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3;
