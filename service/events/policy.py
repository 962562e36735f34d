"""Which catalogs and tenants are served, and by which rules."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from service.events import errors, names
from service.events.user_event import UserEventRules


class Declared(Collection[str]):
    """Names that an operator declared.

    Args:
        names: Resource names; a segment that is `*` stands for any.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._patterns = [
            re.compile("/".join("[^/]+" if part == "*" else re.escape(part) for part in name.split("/")))
            for name in self._names
            if "*" in name.split("/")
        ]

    def __contains__(self, name: object) -> bool:
        return name in self._names or any(each.fullmatch(str(name)) for each in self._patterns)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator's settings say of events and where they may go.

    Args:
        rules: Rules for user events.
        catalogs: Catalogs that are served; empty: any, but none in strict mode.
        tenants: Tenants that are served; empty: any, but none in strict mode.
        max_event_age_us: Imports reject events older than this, in microseconds; 0: no limit.
    """

    rules: UserEventRules
    catalogs: Collection[str] = field(default=frozenset())
    tenants: Collection[str] = field(default=frozenset())
    max_event_age_us: int = 0

    def _served(self, name: str, declared: Collection[str]) -> bool:
        return name in declared if declared else not self.rules.strict

    def catalog(self, parent: str) -> str:
        """The catalog that `parent` names.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND for a catalog that is not served.
        """
        name = names.parse_catalog(parent)
        if not self._served(name, self.catalogs):
            raise errors.not_found(
                f"catalog_id '{name.rpartition('/')[2]}' not found for project. In most cases, this should be set to "
                "'default_catalog'. The operator of this server names the catalogs it serves with --catalogs.",
                resource_type="retail.googleapis.com/Catalog",
                resource_name=name,
                reason="CATALOG_NOT_FOUND",
            )
        return name

    def parent(self, parent: str) -> str:
        """The catalog or tenant that `parent` names. Errors are those of `catalog` and `tenant`."""
        return self.tenant(parent) if parent.split("/")[2:3] == ["tenants"] else self.catalog(parent)

    def tenant(self, parent: str) -> str:
        """The tenant that `parent` names.

        Raises:
            RpcError: INVALID_ARGUMENT for a malformed name, NOT_FOUND for a tenant that is not served.
        """
        name = names.parse_tenant(parent)
        if not self._served(name, self.tenants):
            raise errors.not_found(
                f"tenant '{name}' not found. The operator of this server names the tenants it serves with --tenants.",
                resource_type="jobs.googleapis.com/Tenant",
                resource_name=name,
                reason="TENANT_NOT_FOUND",
            )
        return name
