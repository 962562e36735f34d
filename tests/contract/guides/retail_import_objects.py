"""retail user events guide: "Bulk Import User Events", as printed; it goes on with the client of retail_write.py."""
# ruff: noqa: F541, F821, I002 - as printed
# fmt: off

# Import events from Google Cloud Storage
input_config = retail.UserEventInputConfig(
    gcs_source=retail.GcsSource(
        input_uris=["gs://my-bucket/user-events/events-2024-01.jsonl"]
    )
)

errors_config = retail.ImportErrorsConfig(
    gcs_prefix="gs://my-bucket/import-errors/"
)

request = retail.ImportUserEventsRequest(
    parent="projects/my-project/locations/global/catalogs/default_catalog",
    input_config=input_config,
    errors_config=errors_config
)

operation = client.import_user_events(request=request)
# Departure: the page says operation.name, which google-api-core's Operation does not have.
print(f"Import operation: {operation.operation.name}")

# Wait for import to complete
result = operation.result()
print(f"Import completed:")
print(f"- Joined events: {result.import_summary.joined_events_count}")
print(f"- Unjoined events: {result.import_summary.unjoined_events_count}")
print(f"- Total errors: {len(result.error_samples)}")
