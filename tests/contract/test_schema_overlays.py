"""Versions are made out of others and an overlay: how one file is laid over another, and what may go wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from protos.derive import VERSIONS, Version, derived, lay_over, parse, rename, render
from tests.contract.test_schema_walk import ROOT

PROTOS = ROOT / "protos"
SOURCES = sorted([*PROTOS.rglob("*.proto"), *(ROOT / "generated/protos").rglob("*.proto")])

HEAD = """syntax = "proto3";

package shop.v1;
"""

BASE = (
    HEAD
    + """
import "google/api/annotations.proto";
import "shop/v1/thing.proto";

option (google.api.resource_definition) = {
  type: "shop/Shop"
  pattern: "shops/{shop}"
};
option (google.api.resource_definition) = {
  type: "shop/Shelf"
  pattern: "shelves/{shelf}"
};

// Sells things.
service Shop {
  option (google.api.oauth_scopes) =
    "https://example.com/a,"
    "https://example.com/b";

  // Sells one.
  rpc Sell(Thing) returns (Thing) {
    option (google.api.http) = {
      post: "/v1/things:sell"
      body: "*"
    };
  }
}

// What is sold.
message Order {
  // How it is paid.
  enum Payment {
    // Not said.
    PAYMENT_UNSPECIFIED = 0;

    // With money.
    CASH = 1;
  }

  // The thing.
  Thing thing = 1 [
    (google.api.field_behavior) = REQUIRED,
    (google.api.resource_reference) = {type: "shop/Thing"}
  ];

  // Where it goes.
  oneof place {
    // To a house.
    string address = 2;
  }

  // Notes.
  map<string, string> notes = 3;
}

// How it went.
message Progress {}
"""
)


def over(text: str) -> str:
    return lay_over(BASE, f"{HEAD}\n{text}")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_taken_apart_and_put_together(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert render(parse(lines)) == lines


def test_nothing_laid_over() -> None:
    assert lay_over(BASE, HEAD) == BASE


def test_field_is_added() -> None:
    laid = over("message Order {\n  // Gift wrap.\n  bool gift = 4;\n}\n")
    assert laid == BASE.replace("> notes = 3;\n}", "> notes = 3;\n\n  // Gift wrap.\n  bool gift = 4;\n}")


def test_first_field_of_an_empty_message() -> None:
    laid = over("message Progress {\n  // Steps.\n  int64 steps = 1;\n}\n")
    assert laid == BASE.replace("Progress {}", "Progress {\n  // Steps.\n  int64 steps = 1;\n}")


def test_inner_blocks_are_merged() -> None:
    laid = over(
        """message Order {
  enum Payment {
    // With a card.
    CARD = 2;
  }

  oneof place {
    // To a box.
    int32 box = 4;
  }
}
"""
    )
    expected = BASE.replace("    CASH = 1;\n", "    CASH = 1;\n\n    // With a card.\n    CARD = 2;\n")
    expected = expected.replace("address = 2;\n", "address = 2;\n\n    // To a box.\n    int32 box = 4;\n")
    assert laid == expected


def test_a_comment_replaces_that_of_the_base() -> None:
    assert over("// How it goes.\nmessage Progress {}\n") == BASE.replace("// How it went.", "// How it goes.")


def test_method_and_field_are_replaced() -> None:
    laid = over(
        """service Shop {
  rpc Sell(Thing) returns (Thing) {
    option (google.api.http) = {post: "/v1/sell"};
  }
}

message Order {
  map<string, bytes> notes = 7;
}
"""
    )
    assert "  // Sells one.\n  rpc Sell(Thing) returns (Thing) {\n    option (google.api.http) = {post: " in laid
    assert "things:sell" not in laid
    assert "  // Notes.\n  map<string, bytes> notes = 7;\n}" in laid
    assert "notes = 3" not in laid


def test_imports_are_sorted_in() -> None:
    laid = over('import "google/type/date.proto";\nimport "shop/v1/thing.proto";\n\n// New.\nmessage Day {}\n')
    imports = [line for line in laid.splitlines() if line.startswith("import")]
    assert imports == [
        'import "google/api/annotations.proto";',
        'import "google/type/date.proto";',
        'import "shop/v1/thing.proto";',
    ]
    assert laid.endswith("message Progress {}\n\n// New.\nmessage Day {}\n")


def test_first_import_of_a_file() -> None:
    laid = lay_over(f"{HEAD}\n// A.\nmessage A {{}}\n", f'{HEAD}\nimport "b.proto";\n')
    assert laid == f'{HEAD}\nimport "b.proto";\n\n// A.\nmessage A {{}}\n'


@pytest.mark.parametrize(
    ("overlay", "complaint"),
    [
        ('syntax = "proto3";\n\npackage shop.v2;\n', "an overlay of"),
        (f"{HEAD}\n/* A. */\nmessage A {{}}\n", "only // comments"),
        (f"{HEAD}\n// A.\n", "nothing follows the comment // A."),
        (f"{HEAD}\nmessage Order {{ bool gift = 4; }}\n", "a block has a line for each"),
        (f'{HEAD}\noption (google.api.resource_definition) = {{type: "a"}};\n', "the base has 2 times option"),
    ],
)
def test_what_does_not_fit(overlay: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        lay_over(BASE, overlay)


def test_rename() -> None:
    version = Version("shop/api", base="v1", name="v1beta")
    text = (
        'package shop.api.v1;\nimport "shop/api/v1/a.proto";\nget: "/v1/{name=things/*}"\ntype: "shop.api.v1.A"\n'
        'other.v1.A "other/v1/a.proto" shop.api.v10.A "/v10/x" // since v1\n'
    )
    assert rename(text, version) == (
        'package shop.api.v1beta;\nimport "shop/api/v1beta/a.proto";\nget: "/v1beta/{name=things/*}"\n'
        'type: "shop.api.v1beta.A"\nother.v1.A "other/v1/a.proto" shop.api.v10.A "/v10/x" // since v1\n'
    )


def test_written_out() -> None:
    """`generated/protos/` has the derived versions and nothing else, each file saying what it is made from."""
    written = {
        path.relative_to(ROOT / "generated/protos").as_posix(): path.read_text()
        for path in SOURCES
        if path.is_relative_to(ROOT / "generated")
    }
    assert written == derived(PROTOS)
    assert {Path(path).parent.name for path in written} == {version.name for version in VERSIONS}
    for text in written.values():
        origins = [line.removeprefix("//   ") for line in text.splitlines() if line.startswith("//   ")]
        assert origins
        assert all((ROOT / origin).is_file() for origin in origins)


def test_version_without_a_base() -> None:
    with pytest.raises(ValueError, match="google/cloud/retail/v1, where there is nothing"):
        derived(PROTOS, [Version("google/cloud/retail", base="v1", name="v1beta")])


def test_complaint_names_the_overlay(tmp_path: Path) -> None:
    for path, package in (("shop/v1", "shop.v1"), ("overlays/shop/v2", "shop.v9")):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "a.proto").write_text(f'syntax = "proto3";\n\npackage {package};\n')
    with pytest.raises(ValueError, match=r"^overlays/shop/v2/a\.proto: an overlay of"):
        derived(tmp_path, [Version("shop", base="v1", name="v2")])


def test_a_field_gets_another_number() -> None:
    """v4beta1 of Cloud Talent has under 3 what our v4 has under 1001."""
    talent = "google/cloud/talent"
    files = derived(PROTOS)
    event, service = files[f"{talent}/v4beta1/event.proto"], files[f"{talent}/v4beta1/event_service.proto"]
    assert "string profile = 3;" in event
    assert "1001" not in event
    assert 'import "google/cloud/talent/v4beta1/event.proto";' in service
    assert 'post: "/v4beta1/{parent=projects/*/tenants/*}/clientEvents"' in service


def test_a_version_without_an_overlay_has_another_name_only() -> None:
    talent = "google/cloud/talent"
    written = (PROTOS / talent / "v3/event.proto").read_text()
    assert derived(PROTOS)[f"{talent}/v3p1beta1/event.proto"].endswith(
        written.replace("google.cloud.talent.v3;", "google.cloud.talent.v3p1beta1;")
    )
