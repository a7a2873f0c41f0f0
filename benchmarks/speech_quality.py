"""How well the model understands people: speech to text, speech to speech and text to speech by meaning.

    python -m benchmarks.speech_quality --data ../shared/data [--model default] [--words WORDS]

Human recordings of meanings that no training used, whoever reads them (`polyvox.train.split`). A query is
right where a candidate with the wanted text, or for recordings the wanted meaning, comes first; a wrong
candidate with an equal score counts as ranked before it. Writes benchmarks/results/speech-quality.md.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.ranked import HEAD, Row, Vectors, mean_of, row
from benchmarks.told_languages import BESIDE, READERS, beside, unseen_readers

from polyvox.encode import Encoder, load_encoder
from polyvox.item import Audio
from polyvox.read.sound import load_audio
from polyvox.train.human_speech import Spoken, human_speech
from polyvox.train.manifest import read_manifest
from polyvox.train.parallel_text import column_of, rows, speakable
from polyvox.train.split import Part

RESULT = Path(__file__).parent / "results" / "speech-quality.md"
SETS = ("gcompris", "artikulate")
UNHEARD = frozenset({"it", "sv", "so"})
"""Languages whose human recordings the shipped model never heard; see recipes/default/recipe.toml."""
POOL = 500
SEED = 1


@dataclass(frozen=True)
class Heard:
    """The recordings of one set with their vectors, row by row."""

    spoken: Sequence[Spoken]
    vectors: Vectors

    def where(self, keep: Callable[[Spoken], bool]) -> Heard:
        """Some of the recordings."""
        places = [place for place, spoken in enumerate(self.spoken) if keep(spoken)]
        return Heard([self.spoken[place] for place in places], self.vectors[places])

    def by_language(self) -> Iterator[tuple[str, Heard]]:
        """The recordings of each language, those it never heard marked."""
        for language in sorted({spoken.language for spoken in self.spoken}):
            yield language, self.where(lambda spoken, wanted=language: spoken.language == wanted)  # type: ignore[misc]


def hear(encoder: Encoder, spoken: Sequence[Spoken]) -> tuple[Heard, Heard]:
    """Encode recordings, their languages unknown and told."""
    audio: list[Audio] = [load_audio(one.path) for one in spoken]
    told = [replace(heard, languages=(one.language,)) for heard, one in zip(audio, spoken, strict=True)]
    return Heard(spoken, encoder.encode_speech(audio)), Heard(spoken, encoder.encode_speech(told))


def filled(texts: Sequence[str], kin: Sequence[str], more: Sequence[str]) -> list[str]:
    """Candidates, different in more than case: the wanted texts, others of their kind, any; up to `POOL`."""
    pool = {text.casefold(): text for text in texts}
    for source in (kin, more):
        others = {text.casefold(): text for text in sorted(set(source)) if text.casefold() not in pool}
        names = list(others)
        random.Random(SEED).shuffle(names)
        pool.update({name: others[name] for name in names[: max(0, POOL - len(pool))]})
    return list(pool.values())


def candidates_for(
    wanted: Sequence[str],
    language: str,
    everything: Sequence[Spoken],
    other: Mapping[str, Sequence[str]],
    field: str,
) -> list[str]:
    """The pool of texts for the recordings of one language; `field` as for `text_rows`."""
    kin = [
        getattr(spoken, field)
        for spoken in everything
        if (field == "english" or (spoken.language == language and spoken.given)) and getattr(spoken, field)
    ]
    return filled(wanted, kin, other.get("en" if field == "english" else language, []))


def text_rows(
    encoder: Encoder,
    heard: Heard,
    everything: Sequence[Spoken],
    other: Mapping[str, Sequence[str]],
    field: str,
) -> Iterator[Row]:
    """Speech to text by language; `field` is the text wanted: `text` (own language) or `english`."""
    pooled: list[Row] = []
    for language, group in heard.by_language():
        group = group.where(
            lambda spoken: bool(getattr(spoken, field)) and (field == "english" or spoken.given)
        )
        if len(group.spoken) < 10:
            continue
        wanted = [getattr(spoken, field) for spoken in group.spoken]
        candidates = candidates_for(wanted, language, everything, other, field)
        name = f"{language} (never heard)" if language in UNHEARD else language
        measured = row(name, group.vectors, wanted, encoder.encode_text(candidates), candidates)
        pooled.append(measured)
        yield measured
    if pooled:
        yield mean_of("mean of languages", pooled)


def kind_rows(encoder: Encoder, heard: Heard, everything: Sequence[Spoken]) -> Iterator[Row]:
    """Speech to English text by the kind of thing that is said: the first part of a GCompris key."""
    kinds = {spoken.path: spoken.kind for spoken in heard.spoken}
    for kind in sorted(set(kinds.values()) - {""}):
        group = heard.where(lambda spoken, wanted=kind: bool(spoken.english) and spoken.kind == wanted)  # type: ignore[misc]
        if len(group.spoken) < 10:
            continue
        wanted = [spoken.english for spoken in group.spoken]
        candidates = filled(wanted, [spoken.english for spoken in everything if spoken.english], [])
        languages = len({spoken.language for spoken in group.spoken})
        name = f"{kind} ({languages} languages)"
        yield row(name, group.vectors, wanted, encoder.encode_text(candidates), candidates)


def speech_rows(heard: Heard) -> Iterator[Row]:
    """A recording finds recordings with its meaning in other languages; the pool is all other languages."""
    measured = []
    for language, group in heard.by_language():
        others = heard.where(lambda spoken, own=language: spoken.language != own)  # type: ignore[misc]
        keys = {spoken.key for spoken in others.spoken}
        group = group.where(lambda spoken: spoken.key in keys)  # noqa: B023 - used at once
        if len(group.spoken) < 10:
            continue
        name = f"{language} (never heard)" if language in UNHEARD else language
        wanted = [spoken.key for spoken in group.spoken]
        labels = [spoken.key for spoken in others.spoken]
        measured.append(row(name, group.vectors, wanted, others.vectors, labels))
    yield from measured
    if measured:
        yield mean_of("mean of languages", measured)


def query_rows(encoder: Encoder, heard: Heard) -> Iterator[Row]:
    """An English text finds the recording; the pool is the test recordings of one language."""
    measured = []
    for language, group in heard.by_language():
        group = group.where(lambda spoken: bool(spoken.english))
        if len(group.spoken) < 30:
            continue
        queries = sorted({spoken.english for spoken in group.spoken})
        labels = [spoken.english for spoken in group.spoken]
        measured.append(row(language, encoder.encode_text(queries), queries, group.vectors, labels))
    yield from measured
    if measured:
        yield mean_of("mean of languages", measured)


def mboshi_row(encoder: Encoder, folder: Path) -> Row:
    """Mboshi, a language that nothing was trained on: speech to its French translation."""
    recordings = read_manifest(folder / "manifest.tsv")
    train = [one for one in recordings if one.split == "train"]
    leaked = {one.transcript for one in train} | {one.translation for one in train}
    kept = [
        one for one in recordings if one.split == "dev" and not {one.transcript, one.translation} & leaked
    ]
    vectors = encoder.encode_speech([load_audio(folder / one.path) for one in kept])
    pool = sorted({one.translation for one in kept})
    wanted = [one.translation for one in kept]
    return row("mboshi to French", vectors, wanted, encoder.encode_text(pool), pool)


def other_texts(folder: Path, languages: Sequence[str]) -> dict[str, list[str]]:
    """Words and names of the training texts by language, to fill pools with."""
    found: dict[str, list[str]] = defaultdict(list)
    for source in ("train-lexicon", "train-cldr"):
        for entry in rows(folder / f"{source}.jsonl.xz"):
            for language in languages:
                text = entry.get(column_of(language), "")
                if text and speakable(text, 40) and "skin tone" not in entry.get("en", ""):
                    found[language].append(text)
    return found


def known_rows(
    encoder: Encoder,
    heard: Heard,
    everything: Sequence[Spoken],
    words: Path,
    other: Mapping[str, Sequence[str]],
) -> Iterator[Row]:
    """Own-language rows apart: texts whose words are all in the lexicon, and texts with other words."""
    from polyvox.train.lexicon import WORD, load_words

    known = {(word.language, word.text.casefold()) for word in load_words(words)}
    in_lexicon = {
        (language, text): all((language, word) in known for word in WORD.findall(text.casefold()))
        for language, text in {(one.language, one.text) for one in heard.spoken}
    }
    parts = {
        "all its words are in the lexicon": heard.where(lambda one: in_lexicon[one.language, one.text]),
        "they are not": heard.where(lambda one: not in_lexicon[one.language, one.text]),
    }
    for name, group in parts.items():
        found = list(text_rows(encoder, group, everything, other, "text"))
        if found:
            yield mean_of(f"{name} ({found[-1].queries} queries)", found[:-1])


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--words", type=Path, help="words.tsv of the training run, to tell known words apart")
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    encoder = load_encoder(given.model)
    report = "\n".join(sections(encoder, given.data, given.words)) + "\n"
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(report, encoding="utf-8")
    print(report)


def sections(encoder: Encoder, data: Path, words: Path | None) -> Iterator[str]:
    """The report, paragraph by paragraph."""
    yield f"# Speech quality: {encoder.card.name}, {encoder.card.fingerprint}\n"
    yield INTRODUCTION
    for source in SETS:
        everything = list(human_speech(data / "speech", [source], {}))
        tested = [one for one in everything if one.part is Part.TEST]
        heard, told = hear(encoder, tested)
        other = other_texts(data / "text", sorted({one.language for one in tested}))
        tables: list[tuple[str, Iterator[Row]]] = [
            ("speech → text in its own language", text_rows(encoder, heard, everything, other, "text")),
            ("speech → English text", text_rows(encoder, heard, everything, other, "english")),
            ("speech → English text by kind", kind_rows(encoder, heard, everything)),
            ("speech → speech in another language", speech_rows(heard)),
            ("English text → speech", query_rows(encoder, heard)),
        ]
        if words is not None:
            known = known_rows(encoder, heard, everything, words, other)
            tables.insert(1, ("own language, apart by lexicon", known))
        for name, found in tables:
            lines = [str(one) for one in found]
            if lines:
                yield f"## {source}: {name}\n\n" + HEAD.format("language") + "\n" + "\n".join(lines) + "\n"
        yield from told_sections(encoder, source, heard, told, everything, other)
    yield "## Readers who were never heard\n\n" + READERS
    yield "\n".join(unseen_readers(encoder, data / "speech" / "picovoice")) + "\n"
    yield "## A language without any training\n\n" + HEAD.format("set")
    yield str(mboshi_row(encoder, data / "speech" / "mboshi"))


def told_sections(
    encoder: Encoder,
    source: str,
    heard: Heard,
    told: Heard,
    everything: Sequence[Spoken],
    other: Mapping[str, Sequence[str]],
) -> Iterator[str]:
    """The tables of one set with the language of each recording unknown and told, side by side."""
    for name, field in (("text in its own language", "text"), ("English text", "english")):
        before, after = (list(text_rows(encoder, one, everything, other, field)) for one in (heard, told))
        title = f"## {source}: speech → {name}, the language unknown and told\n\n"
        yield title + BESIDE.format("language") + "\n" + "\n".join(beside(before, after)) + "\n"
    title = f"## {source}: speech → speech in another language, all languages unknown and all told\n\n"
    lines = list(beside(speech_rows(heard), speech_rows(told)))
    if lines:
        yield title + BESIDE.format("language") + "\n" + "\n".join(lines) + "\n"


INTRODUCTION = f"""Human recordings of the test meanings: a fixed 30 % of all meanings, in whatever language
and by whatever reader, none of whose recordings took part in training. The readers are known: nearly every
language of these sets has one or two readers, and other words by them were trained on. Languages marked
"never heard" are the exception: no human recording in them was trained on.

Text pools hold every distinct wanted text, then other texts of the same set (for own-language pools in the
same language; these were trained on), then training words, up to {POOL}; seed {SEED}. Only texts that came
with a recording count as its own-language text. Relevance is identity of the text, but for case, or of the
meaning; a wrong candidate with an equal score is ranked first.

"Unknown" is what the model makes of a recording whose language it has to guess, "told" of one whose language
it is told (`--spoken`, `index --language`). It has words of 40 languages; in any other, such as Thai or
Chinese here, it guesses among these. How much a language counts, guessed or told, was chosen on development
recordings; that a told one counts less where its list is short, after a first measurement of this part
(`recipes/default/README.md`).
"""


if __name__ == "__main__":
    main()
