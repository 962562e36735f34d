"""retail user events guide: "Event Data Maintenance", as printed; it goes on with the client of retail_write.py."""
# ruff: noqa: F821, I002 - as printed
# fmt: off

# Rejoin user events after product catalog updates
# Departure: the page says rejoin_type=retail.RejoinUserEventsRequest.RejoinType.UNJOINED_EVENTS, which Google's
# package does not have (own_stub_client.py sends it); this is what the package calls it.
rejoin_request = retail.RejoinUserEventsRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    user_event_rejoin_scope=retail.RejoinUserEventsRequest.UserEventRejoinScope.UNJOINED_EVENTS
)

operation = client.rejoin_user_events(request=rejoin_request)
rejoin_result = operation.result()
print(f"Rejoined {rejoin_result.rejoined_user_events_count} events")

# Purge old user events (be very careful with this operation!)
purge_request = retail.PurgeUserEventsRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    filter='(event_time: ["2023-01-01T00:00:00Z", "2023-12-31T23:59:59Z"])', # Purge 2023 events
    force=True
)

operation = client.purge_user_events(request=purge_request)
purge_result = operation.result()
print(f"Purged {purge_result.purged_events_count} events")
