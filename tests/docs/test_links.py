"""Links lead somewhere, and whatever is named as a file, a folder or a function is there."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

import pytest

from fakes.pages import REPOSITORY, Page, page, pages

PLACE = re.compile(r"(?:src|client|tests|docs|scripts|plugins|\.ci)/[\w./-]*[\w-]|\.ci")
CODE = re.compile(r"(?P<file>(?:src|client|tests)/[\w/]+\.py):(?P<name>\w+(?:\.\w+)?)")
NOT_YET = "Not there yet"  # begins a paragraph about what is still to come
every_page = pytest.mark.parametrize("read", pages(), ids=lambda read: read.name)


@every_page
def test_every_relative_link_resolves(read: Page) -> None:
    broken = [link for link in read.links if not link.startswith(("http:", "https:")) and not resolves(read, link)]
    assert not broken


@every_page
def test_no_link_leads_out_of_the_repository(read: Page) -> None:
    inner = [link for link in read.links if not link.startswith("#")]
    outside = [link for link in inner if not (read.path.parent / link).resolve().is_relative_to(REPOSITORY)]
    assert not outside


@every_page
def test_every_file_and_folder_that_is_named_is_there(read: Page) -> None:
    named = places(without_plans(read.prose))
    assert not [place for place in named if not (REPOSITORY / place).exists()]


def test_what_is_said_not_to_be_there_yet_is_not() -> None:
    plans = [text for read in pages() for text in read.prose.split("\n\n") if text.startswith(NOT_YET)]
    promised = [place for text in plans for place in places(text)]
    assert promised
    assert not [place for place in promised if (REPOSITORY / place).exists()]


@every_page
def test_every_function_that_is_named_is_defined_there(read: Page) -> None:
    named = [found for span in read.spans if (found := CODE.fullmatch(span))]
    assert not [found[0] for found in named if found["name"] not in defined_in(found["file"])]


def test_the_way_of_an_order_names_the_code_of_every_step() -> None:
    assert len([span for span in page("docs/one-order.md").spans if CODE.fullmatch(span)]) >= 30


def test_every_package_is_on_the_map() -> None:
    packages = {file.parent.relative_to(REPOSITORY).as_posix() for file in (REPOSITORY / "src").rglob("__init__.py")}
    on_the_map = {span for row in page("docs/map.md").rows("Every folder") for span in re.findall("`([^`]+)`", row[0])}
    assert packages
    assert not packages - on_the_map


def test_every_word_of_the_glossary_has_a_file() -> None:
    rows = [
        row for heading in ("Orders", "Deciding", "Venues", "Running") for row in page("docs/glossary.md").rows(heading)
    ]
    assert len(rows) > 40
    assert not [row[0] for row in rows if len(row) != 3 or "](" not in row[2]]


def test_every_name_of_the_user_has_a_place_or_is_said_to_have_none() -> None:
    rows = list(page("docs/glossary.md").rows("Your names and ours"))
    silent = ("not yet", "untouched", "no counterpart", "](", "`livexec ")
    assert len(rows) > 20
    assert not [row[0] for row in rows if not any(word in row[1] for word in silent)]


def resolves(read: Page, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (read.path.parent / path).resolve() if path else read.path
    return target.exists() and (not anchor or anchor in Page(target).anchors)


def places(prose: str) -> list[str]:
    return [span for span in re.findall("`([^`\n]+)`", prose) if PLACE.fullmatch(span)]


def without_plans(prose: str) -> str:
    return "\n\n".join(text for text in prose.split("\n\n") if not text.startswith(NOT_YET))


def defined_in(file: str) -> set[str]:
    """Return the names of a file's functions and classes, and of its methods as `Class.method`."""
    tree = ast.parse((REPOSITORY / file).read_text(encoding="utf-8"), file)
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = {node.name for node in tree.body if isinstance(node, kinds)}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return found | {f"{each.name}.{node.name}" for each in classes for node in each.body if isinstance(node, kinds)}


def test_no_line_says_twice_what_the_line_before_it_says() -> None:
    """Two versions of a paragraph that were put together leave such lines."""
    pairs = [(read.name, before, line) for read in pages() for before, line in pairwise(read.prose.splitlines())]
    prose = [pair for pair in pairs if not pair[1].startswith("|")]
    assert prose
    assert not [pair for pair in prose if len(pair[1]) > 30 and pair[1][:30] == pair[2][:30]]


def test_every_decision_has_a_number_of_its_own_and_stands_in_the_list_by_it() -> None:
    """Two that were written side by side would take the same next number."""
    files = sorted(path.name for path in (REPOSITORY / "docs/adr").glob("[0-9]*.md"))
    numbers = [name[:4] for name in files]
    assert len(numbers) == len(set(numbers)) > 0
    assert [link for link in page("docs/adr/README.md").links if link[:4].isdigit()] == files
