"""Generate `generated/` from the contract in `protos/`.

    python protos/generate.py           rewrite generated/ and the client kit's descriptor set
    python protos/generate.py --check   change nothing; exit 1 and list the files that a run would change

For every .proto file there is a `_pb2` module with its types, for every one with a service a `_pb2_grpc` module, and
`descriptors.binpb` is a FileDescriptorSet of the whole contract with all that it imports, and `comments.json` has what
the contract's comments say of each message, field, enum, service and method, by full name. The client kit's
`footfall_client/contract.binpb` is the part of the set that it speaks. The .proto files of versions
that `derive.py` makes out of others are written to `generated/protos/`: with that directory and `protos/` on its path,
protoc makes stubs of any version.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from derive import derived
from google.longrunning import operations_proto_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message
from google.rpc import error_details_pb2

PROTOS = Path(__file__).resolve().parent
GENERATED = PROTOS.parent / "generated"
CLIENT_CONTRACT = PROTOS.parent / "footfall_client/contract.binpb"
CLIENT_API = "footfall/v1/event_log_service.proto"
UNCOMMENTED = ("google/protobuf/", "google/api/")  # no part of the contract
COMMON_PROTOS = Path(operations_proto_pb2.__file__).parents[2]  # google/api, google/rpc, google/type
WELL_KNOWN = Path(str(files("grpc_tools"))) / "_proto"  # google/protobuf
SCRIPTS = Path(sysconfig.get_path("scripts"))


@cache
def sources() -> tuple[str, ...]:
    """Return the paths of our .proto files, relative to `protos/` and to where derived ones are, in a fixed order."""
    written = (path.relative_to(PROTOS).as_posix() for path in PROTOS.rglob("*.proto"))
    return tuple(sorted([*(path for path in written if not path.startswith("overlays/")), *derived(PROTOS)]))


def write_derived(directory: Path) -> None:
    """Write the .proto files of the derived versions into `directory`."""
    for path, text in derived(PROTOS).items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def copy_operations(directory: Path) -> None:
    """Put `google/longrunning/operations.proto` into `directory` under its canonical name.

    googleapis-common-protos ships the file as `operations_proto.proto`; the descriptor that its Python module registers
    has the canonical name.
    """
    target = directory / "google/longrunning/operations.proto"
    target.parent.mkdir(parents=True)
    shutil.copy(COMMON_PROTOS / "google/longrunning/operations_proto.proto", target)


def run_protoc(target: Path) -> None:
    """Run protoc over all of our files, with every plugin; the derived ones are in `target/protos`."""
    with tempfile.TemporaryDirectory() as scratch:
        copy_operations(Path(scratch))
        protoc = [sys.executable, "-m", "grpc_tools.protoc"]
        protoc += [f"--proto_path={path}" for path in (PROTOS, target / "protos", scratch, COMMON_PROTOS, WELL_KNOWN)]
        command = [*protoc, f"--python_out={target}", f"--pyi_out={target}", f"--grpc_python_out={target}"]
        command += [f"--plugin={SCRIPTS / 'protoc-gen-mypy_grpc'}", f"--mypy_grpc_out=quiet:{target}"]
        command += [f"--descriptor_set_out={target / 'descriptors.binpb'}", "--include_imports"]
        subprocess.run([*command, *sources()], check=True)
        commented = Path(scratch) / "commented.binpb"
        command = [*protoc, f"--descriptor_set_out={commented}", "--include_imports", "--include_source_info"]
        subprocess.run([*command, *sources()], check=True)
        found = comments(FileDescriptorSet.FromString(commented.read_bytes()))
    text = json.dumps(found, ensure_ascii=False, indent=0, sort_keys=True)
    (target / "comments.json").write_text(f"{text}\n", encoding="utf-8")


def comments(contract: FileDescriptorSet) -> dict[str, str]:
    """Return the comment before each element that has one, by the element's full name."""
    found = {}
    for file in contract.file:
        if not file.name.startswith(UNCOMMENTED):
            for location in file.source_code_info.location:
                name = named(file, location.path)
                if name and location.leading_comments:
                    found[name] = "\n".join(
                        line.removeprefix(" ").rstrip() for line in location.leading_comments.split("\n")
                    ).strip()
    return found


def named(file: FileDescriptorProto, path: Sequence[int]) -> str:
    """Return the full name of what a path of source info leads to; empty for what has none, such as an option."""
    message: Message = file
    names = [file.package]
    for number, index in zip(path[::2], path[1::2], strict=False):
        field = message.DESCRIPTOR.fields_by_number[number]
        message = getattr(message, field.name)[index] if field.is_repeated and field.message_type else None
        if not hasattr(message, "name"):
            return ""
        names.append(message.name)
    return ".".join(names) if len(names) > 1 and len(path) % 2 == 0 else ""


def rewrite(text: str) -> str:
    """Return the text of a generated module as it has to be for a package below `generated`.

    Our own packages are imported from there, operations from the module that has their types, and a message that may be
    given as a mapping says so in a form that mypy's strict mode takes. Names of .proto files and of types stay.
    """
    packages = {Path(source).parent.as_posix().replace("/", ".") for source in sources()}
    own = "|".join(re.escape(package) for package in sorted(packages))
    text = re.sub(rf"^from (?=(?:{own}) import )", "from generated.", text, flags=re.MULTILINE)
    text = re.sub(rf"(BuildTopDescriptorsAndMessages\(DESCRIPTOR, ')(?=(?:{own})\.)", r"\1generated.", text)
    text = re.sub(r"^(from google\.longrunning import operations)_pb2\b", r"\1_proto_pb2", text, flags=re.MULTILINE)
    return re.sub(r"\b_Mapping(?=])", "_Mapping[str, object]", text)


def generate(target: Path) -> None:
    """Write derived files, the modules, their packages and the descriptor set into the empty directory `target`."""
    write_derived(target / "protos")
    run_protoc(target)
    for module in [*target.rglob("*.py"), *target.rglob("*.pyi")]:
        text = module.read_text(encoding="utf-8")
        if "_pb2_grpc" in module.name and "Servicer_to_server" not in text:
            module.unlink()
        else:
            module.write_text(rewrite(text), encoding="utf-8")
    for module in target.rglob("*_pb2.py"):
        for package in module.relative_to(target).parents:
            (target / package / "__init__.py").touch()


def client_contract(descriptors: bytes) -> bytes:
    """Return the part of a serialised FileDescriptorSet that the client kit speaks, and the details of errors."""
    contract = FileDescriptorSet.FromString(descriptors)
    by_name = {file.name: file for file in contract.file}
    wanted = {CLIENT_API}
    for file in reversed(contract.file):  # each stands behind what it imports
        if file.name in wanted:
            wanted.update(by_name[file.name].dependency)
    part = FileDescriptorSet(file=[file for file in contract.file if file.name in wanted])
    part.file.append(FileDescriptorProto.FromString(error_details_pb2.DESCRIPTOR.serialized_pb))
    return part.SerializeToString(deterministic=True)


def contents(directory: Path) -> dict[str, bytes]:
    """Return the bytes of every file below `directory` by relative path, without Python's caches."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}


def main() -> int:
    """Do what the command line says and return the exit status."""
    parser = argparse.ArgumentParser(description="Generate generated/ from protos/.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a run would change something")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "generated"
        fresh.mkdir()
        generate(fresh)
        for_client = client_contract((fresh / "descriptors.binpb").read_bytes())
        if check:
            new, old = contents(fresh), contents(GENERATED)
            stale = sorted(name for name in new.keys() | old.keys() if new.get(name) != old.get(name))
            stale = [f"generated/{name}" for name in stale]
            if not CLIENT_CONTRACT.exists() or CLIENT_CONTRACT.read_bytes() != for_client:
                stale.append(CLIENT_CONTRACT.relative_to(PROTOS.parent).as_posix())
            for name in stale:
                print(f"{name} is not what protos/ says; run `make generate`", file=sys.stderr)
            return 1 if stale else 0
        shutil.rmtree(GENERATED, ignore_errors=True)
        shutil.copytree(fresh, GENERATED)
        CLIENT_CONTRACT.write_bytes(for_client)
    return 0


if __name__ == "__main__":
    sys.exit(main())
