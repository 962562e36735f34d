"""Resource names: telling them apart and putting them together. Ids are kept as the caller wrote them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from service.events import errors, paths

# Protobuf can't hold lone surrogates; a path segment of a URL could.
_ID: Final = r"(?!\.{1,2}(?:/|\Z))[^/\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,128}"
_CACHED_NAMES: Final = 4096
_PROJECT_LENGTH: Final = len("projects/") + 128  # characters, at most
_JOB_LENGTH: Final = len("/jobs/") + 128  # characters of a job's name behind its tenant's, at most
_ID_DIGITS: Final = 19  # what a 64-bit number may have


def _pattern(form: str) -> re.Pattern[str]:
    """Returns the expression for a form such as `projects/*/tenants/*`."""
    return re.compile(form.replace("*", _ID))


CATALOG_FORM: Final = "projects/*/locations/*/catalogs/*"
BRANCH_FORM: Final = f"{CATALOG_FORM}/branches/*"
TENANT_FORM: Final = "projects/*/tenants/*"
PROJECT_FORM: Final = "projects/*"
_CATALOG: Final = _pattern(CATALOG_FORM)
_TENANT: Final = _pattern(TENANT_FORM)
_PROJECT: Final = _pattern(PROJECT_FORM)
_DEFAULT_TENANT: Final = "/tenants/default"
_OPERATIONS_PARENT: Final = _pattern("projects/*(?:/tenants/*|/locations/*(?:/catalogs/*(?:/branches/*)?)?)?")
_SEGMENT: Final = _pattern("*")
_PRODUCT: Final = _pattern(f"({BRANCH_FORM})/products/(?s:(.+))")

PRODUCT_ID_LENGTH: Final = 128  # characters
_ID_STEP: Final = r"(?!\.{1,2}(?:/|\Z))[^/\x00-\x1f\x7f-\x9f\ud800-\udfff]+"
_PRODUCT_ID: Final = re.compile(rf"(?=.{{1,{PRODUCT_ID_LENGTH}}}\Z){_ID_STEP}(?:/{_ID_STEP})*")


@lru_cache(maxsize=_CACHED_NAMES)
def parse_catalog(name: str, field: str = "parent") -> str:
    """Returns the canonical name of a catalog, `projects/*/locations/*/catalogs/*`.

    Args:
        name: As the caller wrote it.
        field: Where, for the error.

    Raises:
        RpcError: INVALID_ARGUMENT; another form, or an id that is empty, longer than 128 characters, `.` or `..`, or
            has white space or control characters.
    """
    return _parsed(_CATALOG, CATALOG_FORM, name, field)


@lru_cache(maxsize=_CACHED_NAMES)
def parse_tenant(name: str, field: str = "parent") -> str:
    """Returns the canonical name of a tenant, `projects/*/tenants/*`.

    Arguments and errors are those of `parse_catalog`.
    """
    return _parsed(_TENANT, TENANT_FORM, name, field)


@lru_cache(maxsize=_CACHED_NAMES)
def default_tenant(name: str, field: str = "parent") -> str:
    """Returns the tenant that stands for a project, `projects/*`, where there are no tenants.

    Arguments and errors are those of `parse_catalog`.
    """
    return _parsed(_PROJECT, PROJECT_FORM, name, field) + _DEFAULT_TENANT


@lru_cache(maxsize=_CACHED_NAMES)
def tenant_or_default(name: str, field: str = "parent") -> str:
    """Returns the canonical name of a tenant, `projects/*/tenants/*`, or of that of a project, `projects/*`.

    Arguments and errors are those of `parse_catalog`.
    """
    if is_project(name):
        return default_tenant(name, field)
    return _parsed(_TENANT, f"{TENANT_FORM} or {PROJECT_FORM}", name, field)


def is_project(name: str) -> bool:
    """Whether `name` is that of a project, `projects/*`."""
    return len(name) <= _PROJECT_LENGTH and _is_project(name)  # what is longer must not be kept


@lru_cache(maxsize=_CACHED_NAMES)
def _is_project(name: str) -> bool:
    return _PROJECT.fullmatch(name) is not None


def is_default_tenant(tenant: str) -> bool:
    """Whether a tenant, as `parse_tenant` returned it, is the one that stands for its project."""
    return tenant.endswith(_DEFAULT_TENANT)


@lru_cache(maxsize=_CACHED_NAMES)
def parse_branch(name: str, field: str = "parent") -> tuple[str, str]:
    """Splits the name of a branch, `projects/*/locations/*/catalogs/*/branches/*`.

    `default_branch` is another id of branch `0`.

    Arguments and errors are those of `parse_catalog`.

    Returns:
        The canonical names of the catalog and of the branch.
    """
    catalog, branch_id = _split(_CATALOG, CATALOG_FORM, "branches", name, field)
    return catalog, f"{catalog}/branches/{'0' if branch_id == 'default_branch' else branch_id}"


def parse_product(name: str, field: str = "name") -> tuple[str, str, str]:
    """Splits the name of a product, `projects/*/locations/*/catalogs/*/branches/*/products/**`.

    Arguments and errors are those of `parse_catalog`; what an id may be, `is_product_id` says.

    Returns:
        The canonical names of the catalog and of the branch, and the id.
    """
    match = _PRODUCT.fullmatch(name)
    if match is None or not is_product_id(match[2]):
        raise _malformed(f"{BRANCH_FORM}/products/*", name, field)
    return *parse_branch(match[1], field), match[2]


def is_product_id(text: str) -> bool:
    """Whether `text` can be the id of a product: 1 to 128 characters (product.proto) that can stand in a URL's path.

    Unlike other ids it may have `/` and spaces. What it may not have are control characters, and parts
    between slashes that are empty, `.` or `..`, which clients and proxies take out of a path.
    """
    return _PRODUCT_ID.fullmatch(text) is not None


def parse_operations_parent(name: str, field: str = "name") -> str:
    """Returns the canonical name below which operations are listed: a project, location, catalog, branch or tenant.

    Arguments and errors are those of `parse_catalog`.
    """
    return _parsed(
        _OPERATIONS_PARENT, f"projects/*, projects/*/locations/*, {CATALOG_FORM} or {TENANT_FORM}", name, field
    )


def parse_user_event(name: str, field: str = "name") -> tuple[str, str]:
    """Splits `{catalog}/userEvents/{id}` into catalog and id. Arguments and errors are those of `parse_catalog`."""
    return _split(_CATALOG, CATALOG_FORM, "userEvents", name, field)


def parse_client_event(name: str, field: str = "name") -> tuple[str, str]:
    """Splits `{tenant}/clientEvents/{id}` into tenant and id. Arguments and errors are those of `parse_catalog`."""
    return _split(_TENANT, TENANT_FORM, "clientEvents", name, field)


def parse_signal(name: str, field: str = "name") -> tuple[str, str]:
    """Splits `{tenant}/signals/{id}` into tenant and id. Arguments and errors are those of `parse_catalog`."""
    return _split(_TENANT, TENANT_FORM, "signals", name, field)


def operation(parent: str, operation_id: str) -> str:
    """Returns the name of an operation; `parent` as the caller wrote it."""
    return f"{parent}/operations/{operation_id}"


def user_event(catalog: str, event_id: int | str) -> str:
    """Returns the name of a stored user event."""
    return f"{catalog}/userEvents/{event_id}"


def product(branch: str, product_id: str) -> str:
    """Returns the name of a product; `branch` as `parse_branch` returned it."""
    return f"{branch}/products/{product_id}"


def client_event(tenant: str, event_id: int | str) -> str:
    """Returns the name of a stored client event."""
    return f"{tenant}/clientEvents/{event_id}"


def signal(tenant: str, signal_id: int | str) -> str:
    """Returns the name of a stored signal."""
    return f"{tenant}/signals/{signal_id}"


def number(event_id: str) -> int:
    """Returns the arrival number that an event's id is; 0, which no event has, when it is not a number of ours."""
    given = int(event_id) if event_id.isascii() and event_id.isdecimal() and len(event_id) < _ID_DIGITS else 0
    return given if str(given) == event_id else 0


def is_job_of(name: str, tenant: str) -> bool:
    """Whether `name` is the full name of a job of `tenant`: `projects/*/tenants/*/jobs/*`."""
    return len(name) <= len(tenant) + _JOB_LENGTH and _is_job_of(name, tenant)


@lru_cache(maxsize=_CACHED_NAMES)
def _is_job_of(name: str, tenant: str) -> bool:
    """A job has many events."""
    prefix = f"{tenant}/jobs/"
    return name.startswith(prefix) and _SEGMENT.fullmatch(name, len(prefix)) is not None


def complete_job(name: str, tenant: str) -> str:
    """Returns the full name for the forms that versions without tenants use.

    `projects/p/jobs/j` of the tenant's own project, `jobs/j` and `j` become `{tenant}/jobs/j`; any other comes back as
    it is, for the rules to judge.
    """
    project = tenant.partition("/tenants/")[0]
    job_id = name.removeprefix(f"{project}/").removeprefix("jobs/")
    return f"{tenant}/jobs/{job_id}" if _SEGMENT.fullmatch(job_id) else name


def _parsed(pattern: re.Pattern[str], form: str, name: str, field: str) -> str:
    if pattern.fullmatch(name) is None:
        raise _malformed(form, name, field)
    return name


def _split(parent: re.Pattern[str], parent_form: str, collection: str, name: str, field: str) -> tuple[str, str]:
    head, separator, last = name.rpartition(f"/{collection}/")
    if not separator or parent.fullmatch(head) is None or _SEGMENT.fullmatch(last) is None:
        raise _malformed(f"{parent_form}/{collection}/*", name, field)
    return head, last


def _malformed(form: str, name: str, field: str) -> errors.RpcError:
    if not name:
        return errors.invalid_argument([errors.missing(field)])
    # The first sentence is Google's own.
    text = f'Request contains an invalid argument. "{field}" must be of the form {form}, but is {paths.quoted(name)}.'
    return errors.invalid_argument([errors.Violation(field, text, "INVALID_RESOURCE_ID")])
