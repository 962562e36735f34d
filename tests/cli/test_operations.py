"""`footfall operations`: list, show, wait, cancel, delete."""

from __future__ import annotations

import json

import pytest

from tests.cli.console import GOOD, Terminal, run, write_events
from tests.support.reflected import EVENT_LOG, ReflectedClient

PRODUCTS = "google.cloud.retail.v2.ProductService"
FULL = 2


@pytest.fixture(scope="module")
def imports(examples) -> list[str]:
    """The names of the examples' two imports, newest first; the newer one rejected events."""
    return [json.loads(line)["name"] for line in run("operations", **examples).stdout.splitlines()]


@pytest.fixture
def at_work(served, catalog, tmp_path) -> str:
    """The name of an import that takes its time."""
    data = write_events(tmp_path / "large.jsonl", 150_000).read_bytes()
    with served.channel() as channel:
        client = ReflectedClient(channel)

        def messages():
            yield client.message("footfall.v1.UploadUserEventsRequest", parent=catalog)
            for start in range(0, len(data), 2**20):
                yield client.message("footfall.v1.UploadUserEventsRequest", data=data[start : start + 2**20])

        return client.call(EVENT_LOG, "UploadUserEvents", messages()).name


def test_list_is_newest_first(examples, imports):
    done = run("operations", "list", **examples)
    newer, older = (json.loads(line) for line in done.stdout.splitlines())
    assert [newer["name"], older["name"]] == imports
    assert newer["name"].startswith(f"{examples['FOOTFALL_CATALOG']}/operations/import-user-events-")
    assert (newer["metadata"]["successCount"], newer["metadata"]["failureCount"]) == ("2", "2")
    assert done.stderr == "2 operations\n"


def test_table_on_a_terminal(examples, imports):
    terminal = Terminal("operations", **examples)
    assert terminal.end() == 0
    titles, newer, older, total = terminal.shown.splitlines()
    assert titles.split() == ["CREATED", "(UTC)", "STATE", "GOOD", "REJECTED", "OPERATION"]
    assert newer.split()[2:] == ["succeeded", "2", "2", imports[0].rpartition("/")[2]]
    assert older.split()[2:] == ["succeeded", "12", "0", imports[1].rpartition("/")[2]]
    assert total == "2 operations"


def test_names_of_other_catalogs_are_shown_in_full(examples, imports):
    other = "projects/examples/locations/global/catalogs/other"
    done = run("operations", "--table", "--catalog", other, **examples)
    assert [line.split()[-1] for line in done.stdout.splitlines()[1:]] == imports


def test_parent_filter_and_limit(examples, imports):
    def listed(*options):
        return [json.loads(line)["name"] for line in run("operations", *options, **examples).stdout.splitlines()]

    assert listed("--filter", "done=true") == imports
    assert listed("--filter", "done=false") == []
    assert listed("--parent", examples["FOOTFALL_CATALOG"]) == imports
    assert listed("--parent", "projects/nobody") == []
    assert listed("--limit", 1) == imports[:1]
    assert run("operations", "--limit", 1, **examples).stderr == "1 operation; there are more, --limit 0 shows all\n"


def test_wrong_filter_is_explained(verb):
    done = verb("operations", "--filter", "done==")
    assert done.returncode == 2
    [message] = done.stderr.splitlines()
    assert message.startswith("footfall: INVALID_ARGUMENT: ")
    assert "expected done=true, done=false or a word of the metadata type" in message


def test_show_by_name_and_by_id(examples, imports):
    by_name, by_id = (
        run("operations", "show", name, **examples) for name in (imports[0], imports[0].rpartition("/")[2])
    )
    assert by_name.stdout == by_id.stdout
    assert json.loads(by_name.stdout)["response"]["importSummary"] == {
        "joinedEventsCount": "1",
        "unjoinedEventsCount": "1",
    }
    terminal = Terminal("operations", "show", imports[0], **examples)
    assert terminal.end() == 0
    name, state, counts, first, *_ = terminal.shown.splitlines()
    assert name == imports[0]
    assert state.startswith("succeeded, created 20")
    assert counts == "events: 2 good (2 stored, 0 repeated), 2 rejected"
    assert first.startswith("  bad_user_events.jsonl:2: ")


def test_wait_tells_how_it_ended(examples, imports):
    rejecting, good = (name.rpartition("/")[2] for name in imports)
    done = run("operations", "wait", good, **examples)
    assert (done.returncode, done.stdout) == (0, f"{good}: 12 good (12 stored, 0 repeated), 0 rejected\n")
    done = run("operations", "wait", rejecting, **examples)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{rejecting}: 2 good (2 stored, 0 repeated), 2 rejected\n")


def test_products_that_a_full_import_deleted(verb, served, catalog, tmp_path):
    file = tmp_path / "products.jsonl"
    products = [{"id": f"p{number}", "title": "A product", "categories": ["All"]} for number in range(4)]
    file.write_text("".join(f"{json.dumps(product)}\n" for product in products))
    assert verb("products", "import", file).returncode == 0
    with served.channel() as channel:
        source = {"product_inline_source": {"products": products[:1]}}
        branch = f"{catalog}/branches/default_branch"
        client = ReflectedClient(channel)
        name = client.call(
            PRODUCTS, "ImportProducts", parent=branch, input_config=source, reconciliation_mode=FULL
        ).name
    done = verb("operations", "wait", name)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"{name}: 1 good, 0 rejected", "  3 products deleted, which the source lacks"]


def test_cancel_stops_it(verb, at_work):
    name = at_work.rpartition("/")[2]
    done = verb("operations", "cancel", name)
    assert done.returncode == 0
    assert done.stdout in {f"{name}: asked to stop\n", f"{name}: cancelled\n"}
    waited = verb("operations", "wait", name)
    assert waited.returncode == 1
    assert waited.stdout.startswith(f"{name}: cancelled: Cancelled between two steps. ")


def test_cancel_of_what_has_ended(examples, imports):
    done = run("operations", "cancel", imports[0], **examples)
    assert (done.returncode, done.stdout) == (0, f"{imports[0]}: it had ended before, succeeded\n")


def test_delete_forgets_it(verb, project):
    verb("import", GOOD)
    name = json.loads(verb("operations").stdout)["name"]
    done = verb("operations", "delete", name)
    assert (done.returncode, done.stdout) == (0, f"{name}: deleted\n")
    assert verb("operations").stderr == f"0 operations in {project}\n"


@pytest.mark.parametrize("own_verb", ["show", "wait", "cancel", "delete"])
def test_operation_that_is_not_there(verb, catalog, own_verb):
    done = verb("operations", own_verb, "nobody")
    assert done.returncode == 1
    assert done.stderr.startswith(f"footfall: NOT_FOUND: Operation '{catalog}/operations/nobody' does not exist")
