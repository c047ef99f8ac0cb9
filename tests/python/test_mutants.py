"""The list of small wrong changes (mutants/) follows the code, and is tried as it says; `make mutants` tries it."""

from __future__ import annotations

import shlex

import pytest

from mutants.mutants import BROKEN, CAUGHT, PROJECT, SURVIVED, Mutant, read_mutants, verdict, waves

MUTANTS = read_mutants()


def test_every_change_still_applies_to_its_file() -> None:
    """Mend what does not in mutants/changes.yml: the same mistake in the code as it is now."""
    wrong = []
    for mutant in MUTANTS:
        try:
            mutant.applied_to((PROJECT / mutant.file).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            wrong.append(str(error))
    assert wrong == []


def test_a_hundred_different_changes_are_tried_each_by_a_check_that_is_there() -> None:
    tried = [mutant for mutant in MUTANTS if not mutant.equivalent]
    assert len(set(tried)) == len(tried) >= 100
    for mutant in tried:
        kind, *names = shlex.split(mutant.caught_by)
        if kind in ("unit", "data"):
            assert names or mutant.is_in_a_model, f"{mutant}: whose tests should notice it?"
            assert [model for model in mutant.models if not list((PROJECT / "models").rglob(f"{model}.*"))] == []
        else:
            assert (PROJECT / kind).is_file(), mutant


def test_changes_that_are_tried_together_do_not_meet() -> None:
    by_unit_tests = [mutant for mutant in MUTANTS if mutant.caught_by.startswith("unit")]
    groups = list(waves(by_unit_tests))
    assert sorted(str(mutant) for group in groups for mutant in group) == sorted(map(str, by_unit_tests))
    for group in groups:
        assert len(group) == 1 or all(mutant.is_in_a_model for mutant in group)
        assert len({mutant.file for mutant in group}) == len(group)


@pytest.mark.parametrize("text", ["a >= b", "a <= b and a <= b"])
def test_a_change_that_does_not_stand_there_once_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"changes\.yml"):
        Mutant("a.sql", "a <= b", "a < b").applied_to(text)


@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        (["pass", "fail", "error"], CAUGHT),
        (["pass", "warn"], SURVIVED),
        (["pass", "error"], BROKEN),
        (["no test"], BROKEN),
        ([], BROKEN),
    ],
)
def test_only_a_test_that_fails_has_noticed(statuses: list[str], says: str) -> None:
    assert verdict(statuses) == says
