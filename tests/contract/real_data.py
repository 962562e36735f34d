"""Imports real event files through Google's client and holds every figure against what is known of the files.

    python tests/contract/real_data.py FOLDER

FOLDER has `cdnow_purchases.jsonl.gz`, `shop_clickstream.jsonl.gz`, `google_sample_user_events.jsonl` and
`google_merch_products.jsonl`; they are too large to come with the code, so this is a script and no test. The
real_data_*.py beside it are its parts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as pytest does

from tests.contract.real_data_exporting import check_exporting
from tests.contract.real_data_funnels import check_funnels
from tests.contract.real_data_imports import check_closed_imports, check_imports
from tests.contract.real_data_joining import check_joining
from tests.contract.real_data_purging import check_purging
from tests.contract.real_data_session import served

PARTS = {
    "imports": (check_imports, ()),
    "closed": (check_closed_imports, ("--closed-event-types",)),
    "joining": (check_joining, ()),
    "purging": (check_purging, ()),
    "exporting": (check_exporting, ()),
    "funnels": (check_funnels, ()),
}


def main(folder: Path, names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for name in names or PARTS:
            check, flags = PARTS[name]
            print(f"== {name}")
            with served(folder, Path(scratch) / name, *flags) as session:
                check(session)
    print("All figures are as they should be.")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
