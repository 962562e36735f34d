"""A process that renders; `renderers` starts it. It imports little, so that it starts quickly."""

from __future__ import annotations

from service.sources.child import answer_requests
from service.sources.rendering import Rendered, render
from service.storage.records import Payloads


def _rendered(request: tuple[str, str, Payloads]) -> Rendered | Exception:
    try:
        return render(*request)
    except Exception as error:  # noqa: BLE001  it belongs to the parent, which gets it
        return error


if __name__ == "__main__":
    answer_requests(_rendered)
