"""One schema, several names: telling the versions of Google's APIs apart, and showing a type under another one.

Of Cloud Talent Solution there are only the services here: `client_event_forms` brings its versions to one form. What is
said here is said of the Retail API.

`protos/` says v2; v2beta and v2alpha are derived from it (`protos/derive.py`), each with all that the one before has.
A message has the same fields under the same numbers in each version that has it, so only its full name differs. Hence:

- A request is parsed with the class of the version that it was sent to, and handed to the one method that serves all of
  them. Its fields have the same names; those that only one version has are read where that version is known.
- A response may be a message of any version: it crosses as bytes, and these are the same.
- Only google.protobuf.Any says a type's name, and official clients refuse one of another version. So an operation keeps
  the version of the request that made it (`request_version`), and what it shows is packed under that one (`pack`).
- Code that mixes messages (`CopyFrom`, `Pack`, constructors) needs them to be of one class: `convert`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, TypeVar

from google.protobuf import any_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from generated.google.cloud.retail.v2 import product_service_pb2 as products_v2
from generated.google.cloud.retail.v2 import user_event_service_pb2 as user_events_v2
from generated.google.cloud.retail.v2alpha import product_service_pb2 as products_v2alpha
from generated.google.cloud.retail.v2alpha import user_event_service_pb2 as user_events_v2alpha
from generated.google.cloud.retail.v2beta import product_service_pb2 as products_v2beta
from generated.google.cloud.retail.v2beta import user_event_service_pb2 as user_events_v2beta
from generated.google.cloud.talent.v3 import event_service_pb2 as talent_v3
from generated.google.cloud.talent.v3p1beta1 import event_service_pb2 as talent_v3p1beta1
from generated.google.cloud.talent.v4 import event_service_pb2 as talent_v4
from generated.google.cloud.talent.v4beta1 import event_service_pb2 as talent_v4beta1

M = TypeVar("M", bound=Message)

RETAIL_VERSIONS: Final = ("v2", "v2beta", "v2alpha")
TALENT_VERSIONS: Final = ("v4", "v4beta1", "v3", "v3p1beta1")
BASE_VERSION: Final = "v2"
"""The version that `protos/` says, and that stands for what belongs to none."""

_PACKAGE: Final = "google.cloud.retail"
_TALENT_PACKAGE: Final = "google.cloud.talent"
_VERSIONED: Final = re.compile(rf"{re.escape(_PACKAGE)}\.({'|'.join(RETAIL_VERSIONS)})\.(.+)")
_TYPE_URL_PREFIX: Final = "type.googleapis.com/"
_CACHED_NAMES: Final = 1024
_SERVICES: Final = {
    service.full_name: service
    for module in (
        products_v2,
        products_v2alpha,
        products_v2beta,
        user_events_v2,
        user_events_v2alpha,
        user_events_v2beta,
        talent_v3,
        talent_v3p1beta1,
        talent_v4,
        talent_v4beta1,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
}


def descriptors(service: str) -> dict[str, ServiceDescriptor]:
    """Returns what a server needs to serve a service under all its names.

    Args:
        service: Its name without a package: `UserEventService` or `ProductService` of the Retail API, `EventService`
            of Cloud Talent Solution.

    Returns:
        For each version, in the order of `RETAIL_VERSIONS` or `TALENT_VERSIONS`, the service's descriptor: its methods,
        and their types.

    Raises:
        LookupError: There is no such service.
    """
    if service == "EventService":
        return {version: _SERVICES[f"{_TALENT_PACKAGE}.{version}.{service}"] for version in TALENT_VERSIONS}
    return {version: _SERVICES[f"{_PACKAGE}.{version}.{service}"] for version in RETAIL_VERSIONS}


def version_of(full_name: str) -> str | None:
    """Returns the version in the full name of a Retail service, method, message or field; None in any other name."""
    versioned = _VERSIONED.fullmatch(full_name)
    return versioned[1] if versioned else None


def request_version(request: Message) -> str:
    """Returns the version that a call was made under; `BASE_VERSION` for the request of a service that has none."""
    return version_of(request.DESCRIPTOR.full_name) or BASE_VERSION


@lru_cache(maxsize=_CACHED_NAMES)
def type_name(full_name: str, version: str) -> str:
    """Returns the full name of a message under another version.

    Args:
        full_name: Of a Retail message, in any version. That of any other message comes back as it is.
        version: One of `RETAIL_VERSIONS`.

    Raises:
        LookupError: `version` has no such message (v2 knows no exports), or there is no such version.
    """
    versioned = _VERSIONED.fullmatch(full_name)
    if versioned is None:
        return full_name
    name = f"{_PACKAGE}.{version}.{versioned[2]}"
    try:
        descriptor_pool.Default().FindMessageTypeByName(name)
    except KeyError as error:
        raise LookupError(f"there is no message {name}") from error
    return name


def type_url(full_name: str, version: str) -> str:
    """Returns what google.protobuf.Any calls a message under a version. Arguments and errors: see `type_name`."""
    return _TYPE_URL_PREFIX + type_name(full_name, version)


def pack(target: any_pb2.Any, message: Message, version: str) -> None:
    """Packs a message under a version, whichever version's class it is of.

    An Any inside of `message` stays as it is: those of the Retail API are in google.rpc.Status and hold no Retail type.

    Args:
        target: Gets type URL and bytes.
        message: What to pack.
        version: One of `RETAIL_VERSIONS`.

    Raises:
        LookupError: `version` has no such message.
    """
    target.type_url = type_url(message.DESCRIPTOR.full_name, version)
    target.value = message.SerializeToString()


def convert(message: Message, to: type[M]) -> M:
    """Returns a message as one of another version's class; itself if it is one already.

    Fields that `to` does not know stay in it, as unknown ones: they come back when it is converted, or sent, the other
    way.

    Args:
        message: Any Retail message, such as a UserEvent of a v2beta request.
        to: The class of the same message in another version, such as v2's UserEvent.

    Raises:
        TypeError: `to` is another message, not another version of the same one.
    """
    if isinstance(message, to):
        return message
    ours, theirs = _VERSIONED.fullmatch(message.DESCRIPTOR.full_name), _VERSIONED.fullmatch(to.DESCRIPTOR.full_name)
    if ours is None or theirs is None or ours[2] != theirs[2]:
        raise TypeError(f"{message.DESCRIPTOR.full_name} is no other version of {to.DESCRIPTOR.full_name}")
    return to.FromString(message.SerializeToString())


def message_class(full_name: str, version: str) -> type[Message]:
    """Returns the class of a message in a version, such as that of a stored request. See `type_name`."""
    return message_factory.GetMessageClass(
        descriptor_pool.Default().FindMessageTypeByName(type_name(full_name, version))
    )
