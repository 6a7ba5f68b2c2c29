"""Generates `livexec.v1` from `proto/` whenever the client is built or installed editable."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # `python hatch_build.py` generates without a build back-end
    BuildHookInterface = object  # type: ignore[assignment, misc]  # only ever subclassed

CLIENT = Path(__file__).resolve().parent
PACKAGE = Path("livexec", "v1")
ABOUT = '"""The protocol, generated from `proto/livexec/v1` at build: change it there."""\n'


class ProtocolBuildHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own parameter is of no use here
    """Hatchling's hook: runs before every wheel and every editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        generate(Path(self.root))


def generate(client: Path = CLIENT) -> list[Path]:
    """Write `livexec/v1` under `client` from its `.proto` files and return what was written.

    Raises:
        RuntimeError: the compiler refused a `.proto` file; its words are in the message.
    """
    protos = sorted((client / "proto").rglob("*.proto"))
    if not protos:
        raise RuntimeError(f"no .proto files under {client / 'proto'}")
    with tempfile.TemporaryDirectory(dir=client, prefix=".generating-") as made:
        _compile(client / "proto", protos, Path(made))
        (Path(made) / PACKAGE / "__init__.py").write_text(ABOUT, encoding="utf-8")
        return _publish(Path(made) / PACKAGE, client / PACKAGE)


def _compile(include: Path, protos: list[Path], out: Path) -> None:
    command = [
        sys.executable,
        *("-m", "grpc_tools.protoc", f"-I{include}"),
        f"--plugin=protoc-gen-mypy_grpc={_tool('protoc-gen-mypy_grpc')}",
        *(f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python", "mypy_grpc")),
        *(str(proto) for proto in protos),
    ]
    compiler = subprocess.run(command, capture_output=True, text=True, check=False)
    if compiler.returncode:
        raise RuntimeError(f"protoc refused the protocol:\n{compiler.stderr}")


def _publish(made: Path, kept: Path) -> list[Path]:
    """Move each file into place in one step, so that a program importing meanwhile sees old or new, never half."""
    kept.mkdir(parents=True, exist_ok=True)
    names = {file.name for file in made.iterdir()}
    for stale in kept.iterdir():
        if stale.is_file() and stale.name not in names:
            stale.unlink()
    for file in made.iterdir():
        file.replace(kept / file.name)
    return sorted(kept / name for name in names)


def _tool(name: str) -> str:
    """Find a console script of this environment; an environment that is not activated is not on PATH."""
    here = os.pathsep.join([sysconfig.get_path("scripts"), str(Path(sys.executable).parent)])
    found = shutil.which(name, path=here) or shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is missing: install mypy-protobuf beside grpcio-tools")
    return found


if __name__ == "__main__":
    for written in generate():
        print(written.relative_to(CLIENT))
