"""Labels for the auxiliary CTC loss: letters of the transcript or its sounds in IPA."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence

from polyvox.train.languages import espeak_voice
from polyvox.train.phonemes import ipa, phones
from polyvox.train.sounds import inventory
from polyvox.train.tower.rows import Row
from polyvox.train.tower.training_section import Labels

_LEAST = 3
"""A label that occurs less often is not learned."""


class Speller:
    """Spells transcripts as numbers of an inventory; number 0 is the blank."""

    def __init__(self, kind: Labels, names: Sequence[str]) -> None:
        self._spell = SPELLINGS[kind]
        self.inventory = list(names)
        self._numbers = {name: number for number, name in enumerate(names) if name}

    @classmethod
    def learn(cls, kind: Labels, rows: Sequence[Row]) -> Speller:
        """A speller with the labels that occur in the transcripts of `rows`."""
        return cls(kind, inventory((SPELLINGS[kind](row) for row in rows), _LEAST))

    def labels(self, row: Row) -> list[int]:
        """The labels of a row; empty where it has no transcript, or none that can be spelled."""
        return [self._numbers[name] for name in self._spell(row) if name in self._numbers]


def letters(row: Row) -> list[str]:
    """Letters of the transcript in lower case, marks joined to their letter: "Sω̂!" → ["s", "ω̂"]."""
    found: list[str] = []
    for character in unicodedata.normalize("NFC", row.transcript.casefold()):
        kind = unicodedata.category(character)[0]
        if kind == "M" and found:
            found[-1] += character
        elif kind in "LN":
            found.append(character)
    return found


def _sounds(row: Row) -> list[str]:
    if not row.transcript or espeak_voice(row.language) is None:
        return []
    return phones(ipa(row.transcript, row.language))


SPELLINGS: Mapping[Labels, Callable[[Row], list[str]]] = {
    Labels.NONE: lambda row: [],
    Labels.LETTERS: letters,
    Labels.IPA: _sounds,
}
