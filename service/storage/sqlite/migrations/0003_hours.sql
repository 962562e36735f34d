-- Visitors and users are looked up hour by hour. An index by visitor alone has its next entry anywhere, so that each
-- insert would dirty a page of its own as soon as the index is large; those of one hour lie together.
ALTER TABLE user_events ADD COLUMN event_hour INTEGER GENERATED ALWAYS AS (event_time_us / 3600000000) VIRTUAL;
DROP INDEX user_events_visitor;
DROP INDEX user_events_user;
CREATE INDEX user_events_visitor ON user_events (parent_id, event_hour, visitor_id);
CREATE INDEX user_events_user ON user_events (parent_id, event_hour, user_id) WHERE user_id IS NOT NULL;
