"""A process that decodes; `decoder` starts it. An import waits for its start, so it imports no more than that needs."""

from __future__ import annotations

from service.sources.child import answer_requests
from service.sources.decoding import ClientEventOptions, Decoded, DecodeOptions, decode_lines


def _decoded(request: tuple[bytes, int, DecodeOptions | ClientEventOptions]) -> Decoded:
    return decode_lines(*request)


if __name__ == "__main__":
    answer_requests(_decoded)
