"""A new plugin is written whole, under its own name, and nothing is written over."""

import ast
from pathlib import Path

import pytest

from plugins.hookspecs import API_VERSION
from plugins.scaffold import begin
from ports.errors import InvalidInputError


def test_every_file_is_written_under_the_new_name_and_can_be_read(tmp_path: Path) -> None:
    written = begin("acme", tmp_path / "acme")
    assert {path.name for path in written} >= {"pyproject.toml", "Makefile", "README.md", "session.py", "ground.py"}
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "@" + "NAME@" not in text
        assert "@" + "VENUE@" not in text
        if path.suffix == ".py":
            ast.parse(text)
    assert (tmp_path / "acme" / "src" / "livexec_acme" / "session.py").read_text().count("class AcmeSession") == 1
    assert f"return {API_VERSION}\n" in (tmp_path / "acme" / "src" / "livexec_acme" / "plugin.py").read_text()


@pytest.mark.parametrize("name", ["Acme", "ac-me", "a", "1st", "deribit", ""])
def test_a_name_that_is_none_or_taken_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        begin(name, tmp_path / "new")
    assert refused.value.field == "name"
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match="not empty"):
        begin("acme", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
