"""The documentation as data: pages with their links, code, tables and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_EVENT = re.compile(r'telemetry(?:\(\))?\.note\(\s*"([a-z._]+)"')
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page of the documentation."""

    path: Path

    @property
    def name(self) -> str:
        """The path from the repository's root, as people write it."""
        return self.path.relative_to(REPOSITORY).as_posix()

    @cached_property
    def text(self) -> str:
        """The page whole."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The page without its fenced blocks."""
        return _FENCED.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """Where its links lead, as they are written."""
        return _LINK.findall(self.prose)

    @property
    def spans(self) -> list[str]:
        """What stands as code in the prose."""
        return _SPAN.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """What a link can name after `#`: its headings, as GitHub spells them."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(self.prose)}

    def blocks(self, language: str) -> list[str]:
        """Return its fenced blocks of one language."""
        return [text for each, text in _FENCED.findall(self.text) if each == language]

    def rows(self, heading: str = "") -> Iterator[list[str]]:
        """Yield the cells of every row of its tables, those under one heading where it is given; no header rows."""
        text = self.prose if not heading else self.prose.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        lines = text.splitlines()
        for above, line in zip(["", *lines], lines, strict=False):
            is_row = line.startswith("|") and above.startswith("|") and not set(line) <= set("|-: ")
            if is_row:
                yield [cell.strip() for cell in line.strip().strip("|").split(" | ")]


def pages() -> list[Page]:
    """Return every page that people are meant to read."""
    names = ("README.md", "CHANGELOG.md", "client/README.md", "plugins/deribit/README.md", "plugins/ibkr/README.md")
    found = [REPOSITORY / name for name in names]
    return [Page(path) for path in (*found, *sorted((REPOSITORY / "docs").rglob("*.md")))]


def page(name: str) -> Page:
    """Return one page by its name from the root."""
    return Page(REPOSITORY / name)


def events() -> set[str]:
    """Return the name of every event that the service notes about itself, as its code says."""
    files = sorted((REPOSITORY / "src").rglob("*.py"))
    return {event for file in files for event in _EVENT.findall(file.read_text(encoding="utf-8"))}
