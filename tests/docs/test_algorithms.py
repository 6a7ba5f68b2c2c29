"""The page of the algorithms says what the registry says, of every algorithm and every parameter."""

from __future__ import annotations

import pytest

import app.nautilus_algorithms as classes
from core.algos.parameters import Parameter
from core.algos.registry import ALGORITHMS
from ports.algorithms import EndReason, NoticeCode

from fakes.pages import page

PAGE = "docs/algorithms.md"


@pytest.mark.parametrize("name", list(ALGORITHMS))
def test_every_parameter_stands_there_as_it_is_declared_and_no_other(name: str) -> None:
    assert list(page(PAGE).rows(name)) == [row_of(each) for each in ALGORITHMS[name].parameters]
    assert f"What it does: {ALGORITHMS[name].says}." in page(PAGE).text


def test_every_notice_and_ending_is_named() -> None:
    spans = set(page(PAGE).spans)
    assert not {*map(str, NoticeCode)} - spans
    assert not {*map(str, EndReason)} - spans - {"COMPLETE", "CANCELED"}


def test_every_class_for_nautilus_is_listed_with_its_id() -> None:
    rows = {row[0].strip("`"): row[1].strip("`") for row in page(PAGE).rows("In your own Nautilus system")}
    assert set(rows) == {name for name in classes.__all__ if name.endswith("ExecAlgorithm")}
    assert set(rows.values()) == set(ALGORITHMS)


def row_of(parameter: Parameter) -> list[str]:
    default = "needed" if parameter.required else "none" if parameter.default is None else f"`{parameter.default}`"
    return [f"`{parameter.name}`", parameter.unit, default, parameter.bounds, parameter.says]
