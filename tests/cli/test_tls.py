"""Verbs that call a server by TLS: the right root and certificate are served, nobody else."""

from __future__ import annotations

import pytest

from tests.cli.console import GOOD, run
from tests.doors.certificates import Authority
from tests.support.server import Server


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"), "root")


@pytest.fixture(scope="module", params=["any client", "clients with a certificate"])
def server(request, authority, tmp_path_factory):
    signed = authority.sign("server")
    flags = ["--tls-certificate", signed.certificate, "--tls-key", signed.key]
    if request.param != "any client":
        flags += ["--tls-client-ca", authority.certificate]
    with Server(tmp_path_factory.mktemp("tls"), *map(str, flags), door="envoy") as running:
        yield running


def test_a_verb_by_tls(server, authority):
    signed = authority.sign("client")
    own = (
        ("--tls-certificate", signed.certificate, "--tls-key", signed.key) if "--tls-client-ca" in server.flags else ()
    )
    done = run("import", GOOD, "--server", server.address, "--tls-root", authority.certificate, *own)
    assert done.returncode == 0, done.stderr
    variables = {"FOOTFALL_SERVER": server.address, "FOOTFALL_TLS_ROOT": str(authority.certificate)}
    assert run("count", *own, **variables).stdout == '{"count": 12}\n'
    assert run("operations", "list", *own, **variables).returncode == 0


def test_a_server_of_another_root_is_not_called(server, tmp_path):
    stranger = Authority(tmp_path, "stranger")
    done = run("count", "--server", server.address, "--tls-root", stranger.certificate)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"footfall: no Footfall server answers by TLS at {server.address}, or one side's")


def test_plain_text_is_no_tls(server):
    assert run("count", "--server", server.address).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--tls-root", "/none.pem"), "/none.pem can't be read: No such file or directory"),
        (("--tls-certificate", "/none.pem"), "--tls-certificate and --tls-key belong together"),
        (("--tls-certificate", "/none.pem", "--tls-key", "/none.key"), "--tls-certificate needs --tls-root"),
    ],
    ids=["no root", "half", "no root named"],
)
def test_files_that_are_of_no_use(arguments, told):
    done = run("count", *arguments)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
