"""talent event tracking guide: metadata and event notes, as printed; it goes on with talent_search_session.py."""
# ruff: noqa: F821, I001, I002 - as printed
# fmt: off

from google.cloud.talent import RequestMetadata, DeviceInfo

# Create consistent request metadata for search and events
request_metadata = RequestMetadata(
    domain="mycompany.com",
    session_id="user-session-789",
    user_id="user-12345",
    device_info=DeviceInfo(
        device_type=DeviceInfo.DeviceType.WEB,
        id="device-id-browser-123"
    )
)

# Use same session_id in events
event = ClientEvent(
    request_id="user-session-789",  # Match search session
    event_id=str(uuid.uuid4()),
    # ... other event fields
    # Departure: the other fields, which the page leaves out.
    create_time=Timestamp(seconds=int(datetime.utcnow().timestamp())),
    job_event=JobEvent(type_=JobEvent.JobEventType.VIEW, jobs=[f"{tenant_name}/jobs/job-456"])
)

# Include contextual information in event notes
event_notes_examples = [
    "Job clicked from search results position 3",
    "Application started from job detail page",
    "Quick apply used - LinkedIn integration",
    "User bookmarked job for later review",
    "Push notification opened leading to job view",
    "Email campaign click-through to job posting"
]

# Departure: the page makes the event and the notes and does not send them.
assert event.request_id == request_metadata.session_id
for event_notes in event_notes_examples:
    event.event_id = str(uuid.uuid4())
    event.event_notes = event_notes
    client.create_client_event(parent=tenant_name, client_event=event)
