"""A program that uses the client kit and Google's packages; run by test_client_kit.py.

    python exchange.py HOST:PORT kit-first|google-first

Whichever is imported first, events go to the server by the one and by the other, and come back the same.
"""

from __future__ import annotations

import importlib
import sys

address, order = sys.argv[1:]
packages = ["footfall_client", "google.cloud.retail_v2", "google.cloud.talent_v4"]
if order == "google-first":
    packages.reverse()
modules = {name: importlib.import_module(name) for name in packages}
kit, retail, talent = (
    modules[name] for name in ("footfall_client", "google.cloud.retail_v2", "google.cloud.talent_v4")
)

catalog = "projects/p/locations/global/catalogs/c"
tenant = "projects/p/tenants/t"

with kit.retail_client(address) as client:
    event = retail.UserEvent(event_type="login", visitor_id="v", event_time="2024-01-01T00:00:00Z")
    written = client.write_user_event(request=retail.WriteUserEventRequest(parent=catalog, user_event=event))
assert written == event
with kit.EventBatcher(catalog, address) as batcher:
    batcher.add_event(written)
    batcher.add_event(retail.UserEvent(event_type="login", visitor_id="other"))
    report = batcher.flush()
assert (report.stored_count, report.repeated_count) == (1, 1), report

with kit.talent_client(address) as client:
    event = talent.ClientEvent(
        event_id="e",
        create_time="2024-01-01T00:00:00Z",
        job_event=talent.JobEvent(type_=talent.JobEvent.JobEventType.VIEW, jobs=[f"{tenant}/jobs/j"]),
    )
    created = client.create_client_event(parent=tenant, client_event=event)
assert created == event
with kit.EventBatcher(tenant, address) as batcher:
    batcher.add_event(created)
    report = batcher.flush()
assert (report.stored_count, report.repeated_count) == (0, 1), report
