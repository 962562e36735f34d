"""What is put together from parts of some bytes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events import wire_arrays

WIRE = np.arange(256, dtype=np.uint8)
PARTS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 56)), max_size=30)


@pytest.mark.parametrize("block", [8, 64 * 1024])
@given(PARTS)
def test_parts_large_and_small(block, parts):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(wire_arrays, "_BLOCK", block)
        begins, sizes = (np.array([part[at] for part in parts], np.int64) for at in (0, 1))
        found = wire_arrays.gather(WIRE, begins, sizes)
    assert found.tobytes() == b"".join(WIRE[begin : begin + size].tobytes() for begin, size in parts)
