"""What a recipe of the kind `clasp` learns from: spoken sentences, people, manifests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from polyvox.errors import PolyvoxError
from polyvox.train.sections import in_range


@dataclass(frozen=True, slots=True)
class Sentences:
    """English sentences that synthesisers speak, in the manner of Speech Brown: the section [sentences].

    Test sentences are spoken twice, by voices of the training part and by voices that it does not have.

    Attributes:
        sources: shares of files `text/<name>.jsonl.xz` in the sentences of training and of the first test.
        language: key of the sentences in these files.
        elsewhere: a file whose sentences are only tested, such as test-tatoeba; none where empty.
        elsewhere_language: key of the sentences there.
        translations: keys there of the languages of other queries, by tag; sentences are taken for
            each of them in turn.
        train: sentences to learn from.
        development: sentences that choose the epoch, by voices of the training part.
        test: sentences of each of the two tests.
        shortest: characters of a sentence to learn from, at least.
        longest: characters of any sentence, at most.
        test_shortest: characters of a test sentence from `sources`, at least. The model that comes with
            polyvox has heard no sentence above 60.
        engines: synthesisers.
        unseen_voices: `engine:voice` names that speak test sentences only.
    """

    sources: Mapping[str, float] = field(default_factory=dict)
    language: str = "en"
    elsewhere: str = ""
    elsewhere_language: str = "eng"
    translations: Mapping[str, str] = field(default_factory=dict)
    train: int = 1500
    development: int = 150
    test: int = 250
    shortest: int = 20
    longest: int = 100
    test_shortest: int = 61
    engines: tuple[str, ...] = ("espeak", "flite", "festival")
    unseen_voices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("train", "development", "test"):
            in_range(f"[sentences] {name}", getattr(self, name), 1)
        if self.sources and not self.unseen_voices:
            raise PolyvoxError("[sentences] unseen_voices: name voices that speak test sentences only")


@dataclass(frozen=True, slots=True)
class People:
    """Human English recordings of the shared data: the section [people].

    Attributes:
        sources: folders below `speech/`.
        language: of the recordings.
        most_a_text: recordings of one text at most; all where 0.
    """

    sources: tuple[str, ...] = ()
    language: str = "en"
    most_a_text: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A manifest of recordings with transcripts: an entry of [[sources]].

    Attributes:
        path: relative to the data folder.
        name: of its test in the tables.
        language: of rows that have none.
        columns: our name of a column to the manifest's. Values of `split` are train, development (or dev,
            validation) and test; rows without one are parted by their text: a tenth each for the latter two.
        licence: of the recordings.
    """

    path: str
    name: str
    language: str = "en"
    columns: Mapping[str, str] = field(default_factory=dict)
    licence: str = "unknown"
