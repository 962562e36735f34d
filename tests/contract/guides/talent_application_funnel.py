"""talent event tracking guide: an application funnel, as printed; it goes on with talent_search_session.py."""
# ruff: noqa: F821, I002 - as printed
# fmt: off

def track_application_funnel(job_id: str, user_id: str):
    """Track complete application funnel for analytics."""
    base_request_id = f"application-{user_id}-{job_id}"

    # Application started
    start_event = ClientEvent(
        request_id=base_request_id,
        event_id=str(uuid.uuid4()),
        create_time=Timestamp(seconds=int(datetime.utcnow().timestamp())),
        job_event=JobEvent(
            type_=JobEvent.JobEventType.APPLICATION_START,
            jobs=[job_id]
        ),
        event_notes="User initiated application process"
    )
    client.create_client_event(parent=tenant_name, client_event=start_event)

    # Application completed (call when form submitted)
    def track_application_completion():
        finish_event = ClientEvent(
            request_id=base_request_id,
            event_id=str(uuid.uuid4()),
            create_time=Timestamp(seconds=int(datetime.utcnow().timestamp())),
            job_event=JobEvent(
                type_=JobEvent.JobEventType.APPLICATION_FINISH,
                jobs=[job_id]
            ),
            event_notes="User completed application form"
        )
        client.create_client_event(parent=tenant_name, client_event=finish_event)

    # CV/Resume sent (call when resume uploaded/sent)
    def track_cv_sent():
        cv_event = ClientEvent(
            request_id=base_request_id,
            event_id=str(uuid.uuid4()),
            # Departure: the page says datetime.utcnow.timestamp(), without the call.
            create_time=Timestamp(seconds=int(datetime.utcnow().timestamp())),
            job_event=JobEvent(
                type_=JobEvent.JobEventType.SENT_CV,
                jobs=[job_id]
            ),
            event_notes="User resume sent to employer"
        )
        client.create_client_event(parent=tenant_name, client_event=cv_event)

    return track_application_completion, track_cv_sent

# Departure: the page defines the function and does not call it.
track_application_completion, track_cv_sent = track_application_funnel(f"{tenant_name}/jobs/job-789", "user-1")
track_application_completion()
track_cv_sent()
