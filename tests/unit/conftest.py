"""Settings of hypothesis for the unit tests: no deadline, since other work may share the machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("unit", deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")
