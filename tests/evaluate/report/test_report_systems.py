"""Which systems may stand side by side, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.evaluate.report.made_up import MadeUp

from polyvox.errors import PolyvoxError
from polyvox.evaluate.report import read_systems


def theirs(**changes: object) -> MadeUp:
    made_up = MadeUp(name="theirs", fingerprint="fedcba9876543210-8")
    for name, value in changes.items():
        setattr(made_up, name, value)
    return made_up


def test_systems_keep_the_order_of_their_folders(tmp_path: Path) -> None:
    folders = [theirs().write(tmp_path / "b"), MadeUp().write(tmp_path / "a")]
    assert [system.label for system in read_systems(folders)] == ["theirs", "ours"]


def test_one_direction_is_told_apart_to_and_from_english(tmp_path: Path) -> None:
    (system,) = read_systems([MadeUp().write(tmp_path)])
    assert [test.direction for test in system.tests()] == ["text→text, to English", "text→text, from English"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"revision": "2"}, r"words .*ar → en: the revision of 'ours' is '1', that of 'theirs' is '2'"),
        ({"pool": 51}, r"the pool of 'ours' is 50, that of 'theirs' is 51"),
        ({"relevance": "meaning"}, r"the relevance of 'ours' is 'text', that of 'theirs' is 'meaning'"),
        ({"first_query": 1}, r"'ours' and 'theirs' were asked different queries, such as 'q0'"),
        ({"task": "sentences"}, r"share no test: one has words .*, the other sentences .*same --tasks"),
    ],
)
def test_what_does_not_compare_is_refused_and_named(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    folders = [MadeUp().write(tmp_path / "a"), theirs(**changes).write(tmp_path / "b")]
    with pytest.raises(PolyvoxError, match=message):
        read_systems(folders)


def test_a_different_number_of_queries_is_refused(tmp_path: Path) -> None:
    fewer = theirs(scores={("ar", "en"): [1, 1, 1], ("en", "ar"): [1, 1, 0, 0]})
    with pytest.raises(PolyvoxError, match="the queries of 'ours' is 4, that of 'theirs' is 3"):
        read_systems([MadeUp().write(tmp_path / "a"), fewer.write(tmp_path / "b")])


def test_a_language_that_only_one_was_measured_in_is_no_obstacle(tmp_path: Path) -> None:
    fewer = theirs(scores={("ar", "en"): [1, 1, 1, 0], ("en", "ar"): [1, 1, 0, 0]})
    assert len(read_systems([MadeUp().write(tmp_path / "a"), fewer.write(tmp_path / "b")])) == 2


def test_the_same_system_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match=r"'ours' .* is there 2 times"):
        read_systems([MadeUp().write(tmp_path / "a"), MadeUp().write(tmp_path / "b")])


def test_systems_of_one_name_are_told_apart(tmp_path: Path) -> None:
    again = MadeUp(fingerprint="fedcba9876543210-8")
    MadeUp().write(tmp_path)
    labels = {system.label for system in read_systems([again.write(tmp_path)])}
    assert labels == {"ours 01234567", "ours fedcba98"}


def test_a_folder_without_evaluations_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="holds no evaluation"):
        read_systems([tmp_path])
