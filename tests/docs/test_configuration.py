"""The configuration page holds every key with its default, and no key that there is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin

from app.settings import CONFIG_VARIABLE, Settings, parse_settings
from app.settings_environment import OVERRIDES, SECTION_OVERRIDES
from app.settings_types import Section
from ports.values import plain

from fakes.pages import REPOSITORY, events, page, pages

NOT_SET, REQUIRED = "not set", "required"
FILES = (".py", ".json", ".parquet", ".log", ".db")
DOTTED = re.compile(r"[a-z_]+(?:\.[A-Za-z_]+(?:\[\])?)+")


def test_every_key_stands_there_with_its_default() -> None:
    assert dict(documented()) == dict(keys(Settings))


def test_every_key_stands_there_once() -> None:
    named = [key for key, _ in documented()]
    assert len(named) == len(set(named))


def test_every_key_that_any_page_mentions_exists() -> None:
    known = {key for key, _ in keys(Settings)}
    known |= {key[: match.start()] for key in known for match in re.finditer(r"\.", key)} | events()
    spans = {(read.name, span) for read in pages() for span in read.spans if is_dotted(span)}
    asked = {(name, span) for name, span in spans if span.partition(".")[0] in Settings.model_fields}
    assert asked
    assert not [each for each in sorted(asked) if each[1] not in known]


def test_the_example_is_a_configuration() -> None:
    examples = page("docs/configuration.md").blocks("json")
    assert examples
    for example in examples:
        named = re.findall(r"\$\{(\w+)\}", example)
        assert parse_settings(example, dict.fromkeys(named, "a-secret")).refusal is None


def test_every_variable_that_outranks_a_key_stands_there() -> None:
    said = "\n".join(
        f"{row[0]} {row[1]}" for row in page("docs/configuration.md").rows("What the environment outranks")
    )
    wanted = {name: ".".join(path) for name, path in {**OVERRIDES, **SECTION_OVERRIDES}.items()}
    assert not [name for name, key in wanted.items() if f"`{name}`" not in said or f"`{key}`" not in said]
    assert f"`{CONFIG_VARIABLE}`" in page("docs/configuration.md").text


def test_every_variable_of_ours_that_is_named_is_read_somewhere() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "src").rglob("*.py")))
    named = {span for read in pages() for span in read.spans if re.fullmatch(r"LIVEXEC_[A-Z_]+", span)}
    assert named
    assert not [name for name in named if f'"{name}"' not in code]


def documented() -> Iterator[tuple[str, str]]:
    """Yield every key of the page's tables, and the default as it is written."""
    for row in page("docs/configuration.md").rows():
        key = row[0].strip("`")
        if len(row) > 1 and (is_dotted(key) or key in Settings.model_fields):
            yield key, row[1].strip("`")


def keys(section: type[Section], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key below a section by its path, and its default as the page writes it."""
    for name, field in section.model_fields.items():
        inner = inner_section(field.annotation)
        if inner is not None:
            yield from keys(inner[0], f"{prefix}{name}{inner[1]}.")
        elif field.is_required():
            yield f"{prefix}{name}", REQUIRED
        else:
            yield f"{prefix}{name}", written(field.get_default(call_default_factory=True))


def is_dotted(span: str) -> bool:
    return DOTTED.fullmatch(span) is not None and not span.endswith(FILES)


def inner_section(annotation: Any) -> tuple[type[Section], str] | None:
    """Return the section that a key holds, and `[]` where it holds several; None where it is a value."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation, ""
    brackets = "[]" if get_origin(annotation) is tuple else ""
    for part in get_args(annotation):
        if (inner := inner_section(part)) is not None:
            return inner[0], brackets + inner[1]
    return None


def written(value: Any) -> str:
    match value:
        case None:
            return NOT_SET
        case Decimal():
            return plain(value)
        case str() | Path():
            return str(value)
        case _:
            return json.dumps(value, default=plain)
