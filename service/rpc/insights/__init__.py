"""footfall.v1.InsightsService: what stored events tell together."""

from __future__ import annotations

from service.events.policy import Policy
from service.rpc.insights.funnels import Funnels
from service.rpc.insights.stories import Stories
from service.rpc.insights.turns import Turns
from service.storage.base import Store

__all__ = ["InsightsService"]


class InsightsService:
    """Its parts under one name.

    Args:
        policy: The catalogs and tenants that are served.
        store: What is read.
    """

    def __init__(self, *, policy: Policy, store: Store) -> None:
        turns = Turns()
        funnels = Funnels(policy=policy, store=store, turns=turns)
        stories = Stories(policy=policy, store=store, turns=turns)
        self.ComputeFunnel = funnels.ComputeFunnel
        self.GetSearchStory = stories.GetSearchStory
        self.CountUsageWarnings = stories.CountUsageWarnings
