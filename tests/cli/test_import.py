"""`footfall import`: uploads files, shows the progress, says what became of the events."""

from __future__ import annotations

import gzip
import json

from tests.cli.console import BAD, GOOD, Terminal, write_events
from tests.support.server import Server


def test_good_file(verb):
    done = verb("import", GOOD)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "user_events.jsonl: 12 good (12 stored, 0 repeated), 0 rejected\n"
    assert verb("list").stderr == "12 user events\n"


def test_options_go_before_the_environment(verb, served, catalog):
    wrong = {"FOOTFALL_SERVER": "127.0.0.1:1", "FOOTFALL_CATALOG": "nonsense"}
    done = verb("import", GOOD, "--server", served.address, "--catalog", catalog, **wrong)
    assert done.returncode == 0, done.stderr
    assert verb("list").stderr == "12 user events\n"


def test_file_again_is_all_repeated(verb):
    verb("import", GOOD)
    done = verb("import", GOOD)
    assert done.returncode == 0
    assert done.stdout == "user_events.jsonl: 12 good (0 stored, 12 repeated), 0 rejected\n"


def test_rejected_lines_are_named_and_change_the_exit_code(verb):
    done = verb("import", BAD)
    assert done.returncode == 1
    counts, first, second = done.stdout.splitlines()
    assert counts == "bad_user_events.jsonl: 2 good (2 stored, 0 repeated), 2 rejected"
    assert first.startswith('  bad_user_events.jsonl:2: Field "visitorId" is a required field')
    assert second.startswith("  bad_user_events.jsonl:4: The text is not JSON")


def test_client_events_of_a_tenant(verb, tmp_path):
    file = tmp_path / "published.jsonl"
    event = {"eventId": "e", "eventType": "VIEW_DIRECT", "requestId": "r", "relatedJobNames": ["jobs/j"]}
    lines = [{**event, "eventTimestampMillis": "1546300800123"}, {**event, "eventTimestampMillis": "1"}, event]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    tenant = f"projects/{tmp_path.name}/tenants/default"
    done = verb("import", file, "--tenant", tenant, "--schema", "client_event_legacy")
    assert done.returncode == 1
    counts, taken, missing = done.stdout.splitlines()
    assert counts == "published.jsonl: 1 good (1 stored, 0 repeated), 2 rejected"
    assert taken.startswith("  published.jsonl:2: event_id 'e' is taken in this tenant")
    assert missing.startswith('  published.jsonl:3: Field "eventTimestampMillis" is a required field')
    (listed,) = map(json.loads, verb("list", "--tenant", tenant, "--json").stdout.splitlines())
    assert (listed["originalType"], listed["source"]) == ("VIEW_DIRECT", "EVENT_SOURCE_UPLOAD")
    assert "VIEW_DIRECT" in verb("list", "--tenant", tenant, "--table").stdout
    wrong = verb("import", file, "--tenant", tenant)
    assert wrong.returncode == 1
    assert "expected is one client event a line" in wrong.stdout


def test_only_the_first_rejected_lines_are_shown(verb, tmp_path):
    file = tmp_path / "many.jsonl"
    file.write_text("nonsense\n" * 12)
    done = verb("import", file)
    assert done.returncode == 1
    counts, *samples, rest, _hint = done.stdout.splitlines()
    assert counts == "many.jsonl: 0 good (0 stored, 0 repeated), 12 rejected"
    assert [sample.split(": ")[0] for sample in samples] == [f"  many.jsonl:{number}" for number in range(1, 6)]
    assert rest == "  and 7 more; `footfall rejected` lists them"


def test_each_file_is_an_operation_of_its_own(verb):
    done = verb("import", GOOD, BAD, GOOD)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "3 files: 26 good (14 stored, 12 repeated), 2 rejected"
    assert len(verb("operations", "list").stdout.splitlines()) == 3


def test_standard_input_as_it_is_and_as_gzip(verb):
    plain = verb("import", "-", stdin=GOOD.read_bytes())
    assert (plain.returncode, plain.stdout) == (0, "stdin: 12 good (12 stored, 0 repeated), 0 rejected\n")
    compressed = verb("import", "-", stdin=gzip.compress(GOOD.read_bytes()))
    assert (compressed.returncode, compressed.stdout) == (0, "stdin: 12 good (0 stored, 12 repeated), 0 rejected\n")


def test_empty_file(verb, tmp_path):
    (tmp_path / "empty.jsonl").touch()
    done = verb("import", tmp_path / "empty.jsonl")
    assert (done.returncode, done.stdout) == (0, "empty.jsonl: 0 good (0 stored, 0 repeated), 0 rejected\n")


def test_large_file_goes_in_messages_of_1_mib(tmp_path, catalog):
    file = write_events(tmp_path / "large.jsonl", 3_000, uri="x" * 1_000)
    assert file.stat().st_size > 3 * 2**20
    with Server(tmp_path / "server", "--max-message-bytes", str(2**20 + 1_024)) as server:
        terminal = Terminal("import", file, "--server", server.address, "--catalog", catalog)
        assert terminal.end() == 0, terminal.shown
    assert "large.jsonl: 3,000 good (3,000 stored, 0 repeated), 0 rejected" in terminal.shown


def test_errors_prefix_gets_the_rejected_lines(verb, served, project):
    bucket = served.buckets / project.replace("/", "-")
    bucket.mkdir()
    prefix = f"gs://{bucket.name}/errors"
    done = verb("import", BAD, "--errors-prefix", prefix)
    assert done.stdout.splitlines()[-1] == f"  the rejected lines are also under {prefix}"
    [report] = (bucket / "errors").iterdir()
    assert [json.loads(line)["code"] for line in report.read_text().splitlines()] == [3, 3]


def test_piped_progress_is_plain_lines(verb, catalog):
    done = verb("import", GOOD)
    uploaded, started, imported = done.stderr.splitlines()
    assert uploaded == f"user_events.jsonl upload: {GOOD.stat().st_size / 1000:.1f} kB"
    assert started.startswith(f"user_events.jsonl is imported by {catalog}/operations/import-user-events-")
    assert imported == "user_events.jsonl import: 12 lines"


def test_progress_bars_on_a_terminal(variables):
    terminal = Terminal("import", GOOD, **variables)
    assert terminal.end() == 0, terminal.shown
    for label in ("user_events.jsonl upload ━", "user_events.jsonl import ━"):
        assert label in terminal.shown
    assert "12 lines" in terminal.shown
    assert "user_events.jsonl: 12 good (12 stored, 0 repeated), 0 rejected" in terminal.shown
    assert terminal.cursor_shown


def test_file_names_in_brackets_are_shown_as_they_are(variables, tmp_path):
    file = tmp_path / "[bold]events[red].jsonl"
    file.write_bytes(GOOD.read_bytes())
    terminal = Terminal("import", file, **variables)
    assert terminal.end() == 0, terminal.shown
    assert "[bold]events[red].jsonl upload ━" in terminal.shown


def test_file_that_is_not_there_is_wrong_usage(verb, tmp_path):
    for path, problem in ((tmp_path / "nope.jsonl", "there is no such file"), (tmp_path, "that is a directory")):
        done = verb("import", path)
        assert done.returncode == 2
        assert f"'FILE': {path}: {problem}" in done.stderr
    assert verb("import").returncode == 2


def test_file_that_fails_while_it_is_read(verb, project):
    done = verb("import", "/proc/self/mem")
    assert (done.returncode, done.stderr) == (1, "footfall: mem can't be read: Input/output error\n")
    assert verb("operations").stderr == f"0 operations in {project}\n"


def test_file_of_another_kind_is_told_what_is_expected(verb, tmp_path):
    file = tmp_path / "events.csv"
    file.write_text("type,visitor,time\nsearch,v-1,2026-03-14\nsearch,v-2,2026-03-14\n")
    done = verb("import", file)
    assert done.returncode == 1
    counts, first, *_, hint = done.stdout.splitlines()
    assert counts == "events.csv: 0 good (0 stored, 0 repeated), 3 rejected"
    assert first.startswith("  events.csv:1: The text is not JSON")
    assert hint.startswith("  expected is one user event a line, in JSON, such as {")
    file.write_text(hint.partition(" such as ")[2].partition("; ")[0])  # what the hint shows is one
    assert verb("import", file).returncode == 0
    assert "expected is" not in verb("import", BAD).stdout


def test_other_forms_of_lines(verb, tmp_path):
    file = tmp_path / "ga4.jsonl"
    row = {
        "event_timestamp": 1_622_994_083_878_241,
        "event_name": "add_to_cart",
        "user_pseudo_id": "352499268.1622993559",
        "items": [{"item_id": "11", "price": 29.99, "quantity": 3}],
        "event_params": [{"key": "currency", "value": {"string_value": "CAD"}}],
    }
    file.write_text(json.dumps(row))
    assert verb("import", file).returncode == 1
    done = verb("import", file, "--schema", "user_event_ga4")
    assert (done.returncode, done.stdout) == (0, "ga4.jsonl: 1 good (1 stored, 0 repeated), 0 rejected\n")
    event = json.loads(verb("list").stdout)["userEvent"]
    assert (event["eventType"], event["eventTime"]) == ("add-to-cart", "2021-06-06T15:41:23.878241Z")
    done = verb("import", file, "--schema", "csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert "user_event_ga4" in done.stderr


def test_import_that_fails_says_why(verb, tmp_path):
    file = tmp_path / "cut.jsonl.gz"
    file.write_bytes(gzip.compress(GOOD.read_bytes())[:-20])
    done = verb("import", file, GOOD)
    assert done.returncode == 1
    failure, counts, *_ = done.stdout.splitlines()
    assert failure.startswith("cut.jsonl.gz: failed: ")
    assert counts == "cut.jsonl.gz: 0 good, 0 rejected until then"
    assert done.stdout.splitlines()[-1] == "2 files: 12 good, 0 rejected, 1 import failed"
