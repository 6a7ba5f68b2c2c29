"""A maker makes what its class makes."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from ports.records import brief_record, maker, record


@record
class Kept:
    """A record with every kind of field."""

    name: str
    count: int = 3
    tags: list[str] = field(default_factory=list)


@brief_record
class Short:
    """A record whose fields are given in their order."""

    name: str
    count: int = 3


@dataclass
class Checked:
    """One that looks at what it is given."""

    name: str

    def __post_init__(self) -> None:
        self.name = self.name.strip()


def test_what_a_maker_makes_equals_what_the_class_makes() -> None:
    assert maker(Kept)(name="a", count=4, tags=["b"]) == Kept(name="a", count=4, tags=["b"])
    assert maker(Kept)(name="a") == Kept(name="a")
    assert maker(Short)("a", count=5) == Short("a", 5)


def test_each_one_made_has_a_list_of_its_own() -> None:
    make = maker(Kept)
    one, other = make(name="a"), make(name="a")
    one.tags.append("b")
    assert other.tags == []


def test_keywords_stay_keywords_and_a_missing_one_is_missed() -> None:
    with pytest.raises(TypeError):
        maker(Kept)("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="name"):
        maker(Kept)()  # type: ignore[call-arg]


def test_a_class_that_does_more_when_it_is_made_has_no_maker() -> None:
    with pytest.raises(TypeError, match="does more"):
        maker(Checked)
