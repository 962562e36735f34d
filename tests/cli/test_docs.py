"""docs/CLI.md and the verbs are in step: each verb has its section there, and that has its options, and no others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service import commands
from service.settings import env_name
from tests.cli.console import run
from tests.support.server import ROOT

PAGE = (ROOT / "docs/CLI.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^###? `footfall ([a-z ]+)`\n(.*?)(?=^###? `|\Z)", PAGE, re.DOTALL | re.MULTILINE))
COMMON = {"--server", "--catalog"}


def verbs() -> dict[str, Any]:
    """Every verb, and every verb of a verb, by what is typed; `serve` has a page of its own for its options."""
    found: dict[str, Any] = {}
    for name in commands.VERBS:
        command = commands.load(name)
        found[name] = command
        found |= {f"{name} {own}": each for own, each in getattr(command, "commands", {}).items()}
    return found


VERBS = verbs()
TLS = {"--tls-root", "--tls-certificate", "--tls-key"}  # told once, for all


def options(command: Any) -> set[str]:
    """The long names of a verb's options."""
    return {
        spelling
        for parameter in command.params
        if parameter.param_type_name == "option"
        for spelling in (*parameter.opts, *parameter.secondary_opts)
        if spelling.startswith("--") and spelling != "--help"
    }


def test_options_for_tls_are_those_of_all_verbs():
    assert set(re.findall(r"`(--tls-[a-z-]+)`", PAGE.partition("## ")[0])) == {*TLS, "--tls-client-ca"}
    assert all(options(verb) >= TLS for name, verb in VERBS.items() if name != "serve" and " " in name)


def test_every_verb_has_its_section():
    assert set(SECTIONS) == set(VERBS)


@pytest.mark.parametrize("name", [name for name in VERBS if name != "serve"])
def test_options_are_those_of_the_verb(name):
    rows = [row.partition(" | ")[0] for row in SECTIONS[name].splitlines() if row.startswith("| `")]
    documented = {option for row in rows for option in re.findall(r"--[a-z-]+", row)}
    assert documented == options(VERBS[name]) - TLS


@pytest.mark.parametrize("name", [name for name in VERBS if name != "serve"])
def test_examples_use_options_that_there_are(name):
    lines = [line for block in re.findall(r"```sh\n(.*?)```", SECTIONS[name], re.DOTALL) for line in block.splitlines()]
    own = [line for line in lines if f"footfall {name.partition(' ')[0]}" in line]
    assert own == lines
    used = {option for line in lines for option in re.findall(r"--[a-z-]+", re.sub(r"'[^']*'", "", line))}
    of_group = options(VERBS["operations list"]) if name == "operations" else set()
    assert used <= options(VERBS[name]) | of_group


def test_variables_are_those_that_are_read(served):
    page = set(re.findall(r"FOOTFALL_[A-Z_]+", PAGE))
    assert page == {"FOOTFALL_SERVER", "FOOTFALL_CATALOG", "FOOTFALL_TLS_ROOT", env_name("grpc_address")}
    done = run("count", FOOTFALL_SERVER=served.address, FOOTFALL_CATALOG="nonsense")
    assert (done.returncode, "nonsense" in done.stderr) == (2, True)
