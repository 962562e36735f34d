"""talent event tracking guide: the usage of EventBatcher as printed, with the client kit's for the page's."""
# ruff: noqa: F821, I002 - as printed
# fmt: off

# Departure: this line, where the page has a class. FOOTFALL_SERVER says where the server is.
from footfall_client import EventBatcher

# Usage
batcher = EventBatcher("projects/my-project/tenants/my-tenant")

# Add events throughout user session
batcher.add_event(impression_event)
batcher.add_event(view_event)
batcher.add_event(application_event)

# Ensure all events are sent at session end
report = batcher.flush()

# Departure: what the page does not look at. All three were sent before, one by one.
assert report.repeated_count == 3
