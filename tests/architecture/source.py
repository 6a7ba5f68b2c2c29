"""The code as data: parsed files, their imports and their functions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = ("ports", "core", "adapters", "plugins", "app")

type Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file of the repository."""

    path: Path

    @property
    def name(self) -> str:
        """The path from the repository's root, as people write it."""
        return self.path.relative_to(REPOSITORY).as_posix()

    @cached_property
    def text(self) -> str:
        """The file's text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return ast.parse(self.text, self.name)

    @property
    def imports(self) -> Iterator[str]:
        """Every module that the file names in an import, wherever in the file: `a.b` for `from a.b import c`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module or ""

    @property
    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def sources(*folders: str) -> list[Source]:
    """Return our Python files under `folders`, sorted; generated code and packages' build leavings are not ours."""
    found = (path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))
    return sorted((Source(path) for path in found if not _foreign(path)), key=lambda source: source.name)


def plugin_folders(inner: str) -> list[str]:
    """Return `inner` of every venue plugin that has one: `plugins/deribit/src`, and so on."""
    return [path.relative_to(REPOSITORY).as_posix() for path in sorted(REPOSITORY.glob(f"plugins/*/{inner}"))]


def _foreign(path: Path) -> bool:
    relative = path.relative_to(REPOSITORY)
    return relative.parts[:3] == ("client", "livexec", "v1") or any(
        part in {"__pycache__", "node_modules", "build", "dist"} or part.startswith(".") for part in relative.parts
    )
