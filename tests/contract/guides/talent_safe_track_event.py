"""talent event tracking guide: safe_track_event, as printed; it goes on with talent_search_session.py."""
# ruff: noqa: BLE001, E501, F821, G004, I001, I002, LOG015, TRY400 - as printed
# fmt: off

from google.api_core import exceptions
import logging

def safe_track_event(client: EventServiceClient, parent: str, event: ClientEvent):
    """Safely track event with error handling."""
    try:
        return client.create_client_event(parent=parent, client_event=event)

    except exceptions.InvalidArgument as e:
        logging.error(f"Invalid event data: {e}")
        # Handle validation errors - check required fields

    except exceptions.PermissionDenied as e:
        logging.error(f"Event tracking permission denied: {e}")
        # Handle authorization errors

    except exceptions.ResourceExhausted as e:
        logging.warning(f"Event tracking quota exceeded: {e}")
        # Handle quota limits - consider backing off

    except exceptions.DeadlineExceeded as e:
        logging.warning(f"Event tracking timeout: {e}")
        # Handle timeouts - retry or skip

    except Exception as e:
        logging.error(f"Unexpected event tracking error: {e}")
        # Handle unexpected errors gracefully

    return None # Event tracking failed but don't break user flow

# Departure: the page defines the function and does not call it.
assert safe_track_event(client, tenant_name, view_event) == view_event
assert safe_track_event(client, tenant_name, ClientEvent(event_id="wrong-2")) is None
assert safe_track_event(client, tenant_name, ClientEvent(ClientEvent.to_dict(view_event) | {"event_notes": "other"})) is None
