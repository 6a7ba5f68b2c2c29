"""JSON as people write it, and complaints that say where."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings_problems import SettingsError
from app.settings_text import parse_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
TRICKY = ["//", "/*", "*/", '"', "\\", ",", ",]", ",}", "/* , */", "// ,\n", '\\"//', "}"]


@given(VALUES)
def test_plain_json_means_what_it_always_meant(value: Any) -> None:
    for indent in (None, 2):
        assert parse_json(json.dumps(value, indent=indent), "file") == value


@given(st.lists(st.sampled_from(TRICKY)).map("".join))
def test_nothing_inside_a_string_is_a_comment(text: str) -> None:
    assert parse_json(json.dumps({text: [text]}) + " // the end", "file") == {text: [text]}


def test_comments_and_trailing_commas_are_passed_over() -> None:
    text = """// first
    { /* a */ "a": [1, /* two */ 2, // three
      ], "b": {"c": "http://x/*y*/", }, // and
      /* many
         lines */
    }
    // last"""
    assert parse_json(text, "file") == {"a": [1, 2], "b": {"c": "http://x/*y*/"}}


def test_numbers_are_exact() -> None:
    read = parse_json("[0.1, 12345678901234567890.123456789, 1e3, 7, -2]", "file")
    assert read == [Decimal("0.1"), Decimal("12345678901234567890.123456789"), Decimal(1000), 7, -2]
    assert [type(each) for each in read] == [Decimal, Decimal, Decimal, int, int]


def test_a_number_too_long_for_an_int_does_not_hang_or_fail() -> None:
    assert parse_json("9" * 10_000, "file") == Decimal("9" * 10_000)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('{\n  "a": 1\n  "b": 2\n}', "file:3:3"),
        ('{ // one\n  /* two\n */ "a": oops }', "file:3:10"),
        ('{"a": 1,,}', "file:1:9"),
        ("[,]", "file:1:2"),
        ("[1,,2]", "file:1:4"),
        ('{"a":,}', "file:1:6"),
        ('{\n "a": 1 /* open\n}', "file:2:9"),
        ('{"a": "open\n}', "file:1:12"),
        ("", "file:1:1"),
        ("{} {}", "file:1:4"),
    ],
)
def test_a_slip_is_found_where_it_is(text: str, where: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        parse_json(text, "file")
    (problem,) = refusal.value.problems
    assert problem.where == where


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(word: str) -> None:
    with pytest.raises(SettingsError, match=f"{word} is no number"):
        parse_json(f'{{"a": {word}}}', "file")


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="the key 'a' stands twice"):
        parse_json('{"a": 1, "b": {"a": 2}, "a": 3}', "file")


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(SettingsError, match="nested too deeply"):
        parse_json("[" * 200_000, "file")
