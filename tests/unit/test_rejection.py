"""What is kept of a refused text: at most 16 KiB of it, never half a character."""

from __future__ import annotations

import pytest

from service.events.rejection import RAW_LIMIT_BYTES, cut


@pytest.mark.parametrize("character", ["x", "ü", "€", "\U0001f45f"])
@pytest.mark.parametrize("before", range(5))
def test_the_cut_is_between_characters(character: str, before: int) -> None:
    sent = "." * before + character * (RAW_LIMIT_BYTES + 1)

    text, truncated = cut(sent.encode())

    assert truncated
    assert sent.startswith(text)
    assert RAW_LIMIT_BYTES - len(character.encode()) < len(text.encode()) <= RAW_LIMIT_BYTES


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", ""),
        ("grün".encode(), "grün"),
        (b"\xff\xc3", "\\xff\\xc3"),
        (b"x" * RAW_LIMIT_BYTES, "x" * RAW_LIMIT_BYTES),
    ],
)
def test_what_fits_is_whole(raw: bytes, text: str) -> None:
    assert cut(raw) == (text, False)


def test_escapes_count() -> None:
    assert cut(b"\xff" * (RAW_LIMIT_BYTES // 4)) == ("\\xff" * (RAW_LIMIT_BYTES // 4), False)
    assert cut(b"\xff" * (RAW_LIMIT_BYTES // 4 + 1)) == ("\\xff" * (RAW_LIMIT_BYTES // 4), True)
