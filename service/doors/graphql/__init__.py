"""GraphQL: SEEK's mutations for hiring signals, at /graphql."""

from __future__ import annotations

from service.doors.graphql.pages import GraphQLSettings, pages

__all__ = ["GraphQLSettings", "pages"]
