"""The code as data: parsed files, their imports and their functions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
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

    @property
    def tree(self) -> ast.Module:
        """The file, parsed; not kept, for all files' trees together are large."""
        return ast.parse(self.text, self.name)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Every module that the file names in an import, wherever in the file: `a.b` for `from a.b import c`."""
        return tuple(_imports(self.tree))

    @property
    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def sources(*folders: str) -> list[Source]:
    """Return our Python files under `folders`, sorted; generated code and packages' build leavings are not ours."""
    found = (path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))
    return sorted((_source(path) for path in found if not _foreign(path)), key=lambda source: source.name)


@cache
def _source(path: Path) -> Source:
    """Return a file; one for all tests, so that what they read of it is read once."""
    return Source(path)


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def plugin_folders(inner: str) -> list[str]:
    """Return `inner` of every venue plugin that has one: `plugins/deribit/src`, and so on."""
    return [path.relative_to(REPOSITORY).as_posix() for path in sorted(REPOSITORY.glob(f"plugins/*/{inner}"))]


def _foreign(path: Path) -> bool:
    relative = path.relative_to(REPOSITORY)
    return relative.parts[:3] == ("client", "livexec", "v1") or any(
        part in {"__pycache__", "node_modules", "build", "dist"} or part.startswith(".") for part in relative.parts
    )
