"""Defends docs/SETTINGS.md and docs/CLI.md: they name every setting, verb and option as they are in code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import ValidationError

from service import cli, commands
from service.commands import options, setting_texts
from service.settings import Settings, env_name, flag

DOCS = Path(__file__).resolve().parents[2] / "docs"
SETTINGS_PAGE = (DOCS / "SETTINGS.md").read_text("utf-8")
CLI_PAGE = (DOCS / "CLI.md").read_text("utf-8")
ROWS = {
    cells[0]: cells[1:]
    for line in SETTINGS_PAGE.splitlines()
    if line.startswith("| `--")
    for cells in [line.strip("| ").split(" | ")]
}
SECTIONS = dict(re.findall(r"^##+ `footfall ([a-z ]+)`\n(.*?)(?=^##|\Z)", CLI_PAGE, re.DOTALL | re.MULTILINE))


def own_verbs(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """A verb, or the verbs of its own that it has, by full name."""
    if hasattr(command, "commands"):
        for own, inner in command.commands.items():
            yield f"{name} {own}", inner
    else:
        yield name, command


VERBS = dict(pair for name in commands.VERBS for pair in own_verbs(commands.load(name), name))


def flags(command: Any) -> set[str]:
    """Every way to write an option of a verb."""
    return {
        option
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }


def test_every_row_has_a_setting():
    assert list(ROWS) == [f"`{flag(name)}`" for name in Settings.model_fields]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_row_is_as_the_code(name):
    variable, default, _, meaning = ROWS[f"`{flag(name)}`"]
    assert variable == f"`FOOTFALL_{name.upper()}`"
    assert meaning == Settings.model_fields[name].description
    value = Settings.model_fields[name].default
    shown = {None: "none", "[]": "none", "False": "false", "True": "true"}.get(value if value is None else str(value))
    assert default.partition(" (")[0] == (shown or (",".join(value) if isinstance(value, list) else str(value)))


def test_settings_page_is_up_to_date():
    assert setting_texts.reference() == SETTINGS_PAGE, "python -m service.commands.setting_texts > docs/SETTINGS.md"


@pytest.mark.parametrize(
    ("name", "size"), [("max_metadata_bytes", "16384 (16 KiB)"), ("max_upload_bytes", "2147483648 (2 GiB)")]
)
def test_sizes_are_shown_in_binary_units_too(name, size):
    assert setting_texts.default(name) == size


def bounds() -> Iterator[tuple[str, str, str]]:
    """Settings whose words set a bound or name choices, each with a value that they allow and one that they don't."""
    for name in Settings.model_fields:
        words = setting_texts.allowed(name)
        if " of at least " in words:
            least = int(words.rpartition(" ")[2])
            yield name, str(least), str(least - 1)
        elif name != "database" and " or " in words:
            last = words.rpartition(" or ")[2]
            yield name, "" if last == "empty" else last, "nonsense"


@pytest.mark.parametrize(("name", "allowed", "refused"), list(bounds()))
def test_what_the_words_allow_is_allowed(monkeypatch, name, allowed, refused):
    monkeypatch.setenv(env_name(name), allowed)
    Settings()
    monkeypatch.setenv(env_name(name), refused)
    with pytest.raises(ValidationError):
        Settings()


def test_every_section_has_a_verb():
    assert {name for name in SECTIONS if name not in commands.VERBS} == {name for name in VERBS if " " in name}
    assert set(commands.VERBS) <= set(SECTIONS)


@pytest.mark.parametrize("name", [name for name in VERBS if name != "serve"])
def test_section_names_every_option_and_no_other(name):
    rows = "".join(line for line in SECTIONS[name].splitlines(keepends=True) if line.startswith("| `--"))
    told_once = {"--help", "--tls-root", "--tls-certificate", "--tls-key"}  # for all verbs
    assert set(re.findall(r"--[a-z-]+", rows)) == flags(VERBS[name]) - told_once


@pytest.mark.parametrize("name", VERBS)
def test_section_has_an_example_that_can_be_parsed(name):
    [block, *_] = re.findall(r"```sh\n(.*?)```", SECTIONS[name], re.DOTALL)
    for line in block.splitlines():
        words = shlex.split(line)
        arguments = list(takewhile(lambda word: word not in {"|", ">"}, words[words.index("footfall") + 1 :]))
        assert arguments[0] == name.split()[0]
        assert {word for word in arguments if word.startswith("--")} <= flags(VERBS[name])


def test_serve_has_every_setting_as_an_option():
    assert {flag(name) for name in Settings.model_fields} <= flags(VERBS["serve"])
    assert "SETTINGS.md" in SECTIONS["serve"]


@pytest.mark.parametrize("name", commands.VERBS)
def test_summary_begins_the_help(name):
    assert commands.load(name).help.splitlines()[0] == commands.VERBS[name].summary
    assert typer.main.get_command(cli.cli).commands[name].help == commands.VERBS[name].summary


def test_defaults_of_the_verbs_are_those_of_the_page_and_the_server():
    assert Settings.model_fields["grpc_address"].default == options.DEFAULT_SERVER
    assert f"| `--server` | `FOOTFALL_SERVER` | `{options.DEFAULT_SERVER}` |" in CLI_PAGE
    assert f"| `--catalog` | `FOOTFALL_CATALOG` | `{options.DEFAULT_CATALOG}` |" in CLI_PAGE
