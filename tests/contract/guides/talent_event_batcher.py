"""talent event tracking guide: EventBatcher and its usage, as printed; it goes on with talent_search_session.py."""
# ruff: noqa: BLE001, F821, I002 - as printed
# fmt: off

class EventBatcher:
    def __init__(self, tenant_name: str, batch_size: int = 100):
        self.tenant_name = tenant_name
        self.batch_size = batch_size
        self.pending_events = []
        self.client = EventServiceClient()

    def add_event(self, event: ClientEvent):
        """Add event to batch queue."""
        self.pending_events.append(event)

        if len(self.pending_events) >= self.batch_size:
            self.flush()

    def flush(self):
        """Send all pending events."""
        for event in self.pending_events:
            try:
                self.client.create_client_event(
                    parent=self.tenant_name,
                    client_event=event
                )
            except Exception as e:
                print(f"Failed to send event {event.event_id}: {e}")

        self.pending_events.clear()

# Usage
batcher = EventBatcher("projects/my-project/tenants/my-tenant")

# Add events throughout user session
batcher.add_event(impression_event)
batcher.add_event(view_event)
batcher.add_event(application_event)

# Ensure all events are sent at session end
batcher.flush()

# Departure: a full batch of new events, and one that is refused, which the page does not show.
for number in range(99):
    batcher.add_event(ClientEvent({**ClientEvent.to_dict(view_event), "event_id": f"batched-{number}"}))
batcher.add_event(ClientEvent(event_id="wrong-1"))
assert not batcher.pending_events
