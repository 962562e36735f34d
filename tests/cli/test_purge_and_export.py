"""`footfall purge` asks before it deletes; `footfall export` prints where the files are."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.cli.console import GOOD, Terminal, write_events

ALL = ("--filter", "*")


@pytest.fixture
def filled(verb):
    """Runs verbs on a catalog with the 12 example events."""
    assert verb("import", GOOD).returncode == 0
    return verb


def left(verb) -> int:
    """How many events there are."""
    return int(json.loads(verb("count").stdout)["count"])


def test_without_force_it_only_shows(filled, catalog):
    done = filled("purge", *ALL)
    assert done.returncode == 0
    count, *names = done.stdout.splitlines()
    assert count == "12 user events selected"
    assert len(names) == 12
    assert all(name.startswith(f"  {catalog}/userEvents/") for name in names)
    assert done.stderr.splitlines()[-1] == "selection: 12 events"
    assert left(filled) == 12


def test_more_than_the_sample(verb, tmp_path):
    verb("import", write_events(tmp_path / "many.jsonl", 1_200))
    assert verb("purge", *ALL).stdout.splitlines()[-1] == "  and 1,100 more"


@pytest.mark.parametrize(("answer", "code", "rest"), [("y\n", 0, 0), ("n\n", 1, 12), ("\n", 1, 12), ("\x04", 1, 12)])
def test_force_asks(filled, variables, answer, code, rest):
    terminal = Terminal("purge", *ALL, "--force", **variables)
    terminal.until("Delete 12 user events for good? [y/N] ")
    assert "  and 7 more" in terminal.shown
    terminal.type(answer)
    assert terminal.end() == code
    assert ("12 user events deleted" if code == 0 else "footfall: nothing was deleted") in terminal.shown
    assert left(filled) == rest


def test_ctrl_c_deletes_nothing(filled, variables):
    terminal = Terminal("purge", *ALL, "--force", **variables)
    terminal.until("[y/N] ")
    terminal.type("\x03")
    assert terminal.end() == 130
    assert left(filled) == 12


def test_without_a_terminal_it_needs_yes(filled):
    done = filled("purge", *ALL, "--force")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("footfall: there is no terminal to ask on; ")
    assert left(filled) == 12
    done = filled("purge", "--filter", "eventType=search", "--force", "--yes")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].endswith(" deleted")
    assert 0 < left(filled) < 12


def test_nothing_selected_is_not_asked_about(verb, variables):
    terminal = Terminal("purge", *ALL, "--force", **variables)
    assert terminal.end() == 0
    assert "0 user events selected" in terminal.shown
    assert "[y/N]" not in terminal.shown


@pytest.mark.parametrize("arguments", [("purge",), ("export", "--to", "gs://b/x"), ("list",), ("count",), ("tail",)])
def test_filter_that_is_none(verb, arguments):
    done = verb(*arguments, "--filter", "nonsense")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Invalid filter 'nonsense'" in done.stderr


def test_export(filled, served, project):
    bucket = served.buckets / project.replace("/", "-")
    bucket.mkdir()
    done = filled("export", "--to", f"gs://{bucket.name}/out", "--format", "gzip", *ALL)
    assert done.returncode == 0, done.stderr
    [uri] = done.stdout.splitlines()
    assert done.stderr.splitlines()[-1] == "12 user events exported"
    path = served.buckets / uri.removeprefix("gs://")
    assert len(gzip.decompress(path.read_bytes()).splitlines()) == 12
    plain = filled("export", "--to", f"gs://{bucket.name}/plain", "--with-products")
    path = served.buckets / plain.stdout.strip().removeprefix("gs://")
    lines = path.read_text().splitlines()
    exported = plain.stderr.splitlines()[-1]
    assert exported == f"{len(lines)} user events exported"


def test_export_to_no_bucket(verb):
    done = verb("export", "--to", "gs://no-such-bucket/out")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("footfall: NOT_FOUND: ")
    assert verb("export", "--to", "gs://b/x", "--format", "xml").returncode == 2
