"""The planted bugs stay plantable: a change of the source that moves one of their lines is noticed at once."""

import ast
from dataclasses import replace

import pytest

from core.invariants import INVARIANTS
from mutants.planted import MUTANTS, SOURCE, Mutant, PatchDoesNotApplyError

EACH = pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.breaks for mutant in MUTANTS])


@EACH
def test_a_planted_bug_is_one_line_of_the_source_and_still_python(mutant: Mutant) -> None:
    text = (SOURCE / mutant.path).read_text()
    planted = mutant.planted(text)
    assert ast.dump(ast.parse(planted)) != ast.dump(ast.parse(text))
    assert len(set(text.splitlines()) ^ set(planted.splitlines())) <= 2


def test_every_invariant_has_its_bug() -> None:
    assert sorted(mutant.breaks for mutant in MUTANTS) == sorted(INVARIANTS)


def test_a_bug_that_fits_no_more_says_whose_it_is() -> None:
    mutant = replace(MUTANTS[0], before="a line that nobody wrote")
    with pytest.raises(PatchDoesNotApplyError, match=f"the mutant of {mutant.breaks}: {mutant.path}"):
        mutant.planted((SOURCE / mutant.path).read_text())
