-- Products, every version of them that an event may still refer to. parent_id is the branch.
-- A version holds from the revision from_revision on, up to but without until_revision; NULL: it still holds.
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    parent_id INTEGER NOT NULL,
    product_id TEXT NOT NULL,
    from_revision INTEGER NOT NULL,
    until_revision INTEGER,
    written_revision INTEGER NOT NULL,  -- the last one at which somebody wrote it, be it the same as it was
    type INTEGER NOT NULL,
    primary_product_id TEXT NOT NULL,
    availability INTEGER NOT NULL,
    create_time_us INTEGER NOT NULL,
    change_time_us INTEGER NOT NULL,  -- of this version
    expire_time_us INTEGER,
    payload BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX products_version ON products (parent_id, product_id, from_revision);
CREATE UNIQUE INDEX products_now ON products (parent_id, product_id) WHERE until_revision IS NULL;
CREATE INDEX products_primary ON products (parent_id, primary_product_id) WHERE until_revision IS NULL;
CREATE INDEX products_past ON products (parent_id, until_revision) WHERE until_revision IS NOT NULL;

-- The revision that a branch's products have now; each transaction that changes some makes the next.
ALTER TABLE parents ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;

CREATE INDEX user_events_visitor ON user_events (parent_id, visitor_id, event_time_us);
CREATE INDEX user_events_user ON user_events (parent_id, user_id, event_time_us) WHERE user_id IS NOT NULL;
CREATE INDEX user_events_unjoined ON user_events (parent_id) WHERE joined_revision IS NULL;
CREATE INDEX client_events_request ON client_events (parent_id, request_id) WHERE request_id IS NOT NULL;
