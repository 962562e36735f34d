"""Stubs that a user makes of our .proto files, with grpcio-tools and googleapis-common-protos and nothing of ours.

Each of the two commands below is all that a user has to type.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.longrunning import operations_proto_pb2

from tests.support.server import ROOT, Server

PROGRAM = Path(__file__).with_name("own_stub_client.py")

# googleapis-common-protos has google/api, google/rpc and google/type, and google/longrunning/operations.proto under
# another name; `-Ia=b` makes the file b known to protoc as a.
FROM_PROTOS = """
    python -m grpc_tools.protoc -Iprotos -I{site}
        -Igoogle/longrunning/operations.proto={site}/google/longrunning/operations_proto.proto
        --python_out=stubs --grpc_python_out=stubs {files}
"""
# The descriptor set has everything in it.
FROM_DESCRIPTORS = """
    python -m grpc_tools.protoc --descriptor_set_in=descriptors.binpb --python_out=stubs --grpc_python_out=stubs {files}
"""


@pytest.fixture(params=[FROM_PROTOS, FROM_DESCRIPTORS], ids=["from protos", "from descriptors"])
def stubs(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder of stubs, made from copies in another folder than the checkout."""
    shutil.copytree(ROOT / "protos", tmp_path / "protos")
    shutil.copy(ROOT / "generated/descriptors.binpb", tmp_path)
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    protos = tmp_path / "protos"
    shutil.rmtree(protos / "overlays")  # pieces of other versions, not files for protoc
    files = sorted(path.relative_to(protos).as_posix() for path in protos.rglob("*.proto"))
    site = Path(operations_proto_pb2.__file__).parents[2]
    command = shlex.split(request.param.format(site=shlex.quote(str(site)), files=shlex.join(files)))
    subprocess.run([sys.executable, *command[1:]], cwd=tmp_path, check=True, timeout=120)
    # Google's own packages google.cloud.retail and google.cloud.talent are installed where these tests run; this puts
    # ours before them. Who has not installed them needs no such files.
    for package in ("retail", "talent"):
        (stubs / "google/cloud" / package / "__init__.py").touch()
    return stubs


def test_fields_of_ours_are_sent_and_read_back(stubs: Path, tmp_path: Path) -> None:
    with Server(tmp_path / "server") as server:
        done = subprocess.run(
            [sys.executable, "-W", "error", str(PROGRAM), server.address],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(stubs)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
