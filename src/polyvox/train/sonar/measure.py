"""xsim, xsim++ and text from vectors, measured after each stage."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import langcodes
import numpy as np
import torch

from polyvox.encode.protocol import Vectors
from polyvox.errors import MissingExtraError
from polyvox.evaluate.metrics.xsim import candidates, errors_by_kind
from polyvox.evaluate.readers.xquad import squad_questions
from polyvox.evaluate.search import Tie
from polyvox.modules.bottleneck import Bottleneck
from polyvox.train.rows import text_hash
from polyvox.train.sonar.corpus import Corpus
from polyvox.train.sonar.edits import edited
from polyvox.train.sonar.later_sections import Measure
from polyvox.train.sonar.objectives import encoded

_AT_ONCE = 64
_SEED = 7


@dataclass(frozen=True, slots=True)
class Translated:
    """Texts and their English, row by row."""

    language: str
    texts: Sequence[str]
    english: Sequence[str]


def tatoeba(path: Path, languages: Sequence[str], most: int) -> Iterator[Translated]:
    """The first pairs of each language with English; a language without any is left out."""
    found: dict[str, dict[str, str]] = {language: {} for language in languages if language != "en"}
    codes = {langcodes.Language.get(language).to_alpha3(): language for language in found} | {"swh": "sw"}
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            for code, text in row.items():
                language = codes.get(code, "")
                if language in found and "eng" in row and len(found[language]) < most:
                    found[language].setdefault(text, row["eng"])
    for language, pairs in found.items():
        if pairs:
            yield Translated(language, list(pairs), list(pairs.values()))


def xquad_questions(folder: Path, languages: Sequence[str]) -> Iterator[Translated]:
    """The questions of XQuAD-R with their English, in the languages that it has."""
    english = _questions(folder / "en.json.xz")
    for language in languages:
        path = folder / f"{language}.json.xz"
        if language != "en" and path.is_file():
            asked = {name: text for name, text in _questions(path).items() if name in english}
            yield Translated(language, list(asked.values()), [english[name] for name in asked])


def _questions(path: Path) -> dict[str, str]:
    return {str(asked["id"]): str(asked["question"]) for asked in squad_questions(path)}


def test_sets(data: Path, languages: Sequence[str], measure: Measure) -> dict[str, list[Translated]]:
    """The held-out translations by the name of their set."""
    found = {"tatoeba": list(tatoeba(data / "text" / "test-tatoeba.jsonl.xz", languages, measure.tatoeba))}
    if measure.xquad and (data / "text" / "xquad-r").is_dir():
        found["xquad"] = list(xquad_questions(data / "text" / "xquad-r", languages))
    return found


def encode(model: Bottleneck, texts: Sequence[str], language: str) -> Vectors:
    """Unit vectors (N, D) of texts in one language, texts of like length together."""
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    vectors = np.zeros((len(texts), model.get_embedding_dimension()), np.float32)
    model.eval()
    with torch.no_grad():
        for start in range(0, len(order), _AT_ONCE):
            places = order[start : start + _AT_ONCE]
            found = encoded(model, [texts[place] for place in places], [language] * len(places))
            vectors[places] = found.cpu().numpy()
    return vectors


def error_rates(
    queries: Vectors, wanted: Sequence[str], pool: Sequence[str], vectors: Vectors
) -> tuple[float, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Share of queries whose best text by ratio margin, k = 4, is not the wanted one, and the choices, (Q,).

    Texts are told apart by identity; a tie is an error.
    """
    found = candidates(queries, vectors)
    errors = found.errors([{one} for one in wanted], pool, Tie.PESSIMISTIC)
    return float(errors.mean()), found.choices()


def mining_errors(
    model: Bottleneck, tests: Mapping[str, Sequence[Translated]], names: Sequence[str], edits: int
) -> dict[str, dict[str, dict[str, Any]]]:
    """Xsim and xsim++ of each set and language: texts among all English texts, then among edits of them too.

    Args:
        model: encodes; each text is given with its language.
        tests: from `test_sets`.
        names: for edits; from training text.
        edits: of each English text.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name, translated in tests.items():
        found[name] = {one.language: _errors(model, one, names, edits) for one in translated}
    return found


def _errors(model: Bottleneck, one: Translated, names: Sequence[str], edits: int) -> dict[str, Any]:
    pool = list(dict.fromkeys(one.english))
    dice = np.random.default_rng(_SEED)
    gold = {text_hash(text) for text in pool}
    changed = [
        (kind, text)
        for right in pool
        for kind, text in edited(right, names, dice, edits)
        if text_hash(text) not in gold
    ]
    queries = encode(model, one.texts, one.language)
    vectors = encode(model, [*pool, *(text for _, text in changed)], "en")
    plain, _ = error_rates(queries, one.english, pool, vectors[: len(pool)])
    hard, choices = error_rates(queries, one.english, [*pool, *(text for _, text in changed)], vectors)
    kinds = errors_by_kind(choices, [*[""] * len(pool), *(kind for kind, _ in changed)])
    return {
        "xsim": plain,
        "xsim++": hard,
        "queries": len(queries),
        "pool": len(pool),
        "edits": len(changed),
        "taken": kinds,
    }


def written(model: Bottleneck, corpus: Corpus, languages: Sequence[str], measure: Measure) -> dict[str, Any]:
    """How well held-out texts are decoded: into the pivot, from the pivot, and into their own language.

    The scores are chrF and BLEU; all wordings of a text in the language that is written are references.
    """
    found: dict[str, Any] = {}
    for language in languages:
        rows = _held_out(corpus, language, measure.written)
        if not rows:
            continue
        there = [row[language] for row in rows]
        here = [row[corpus.pivot] for row in rows]
        into = {"self": scores(model, [one[0] for one in there], language, there, language, measure.beams)}
        if language != corpus.pivot:
            one_way = scores(model, [one[0] for one in there], language, here, corpus.pivot, measure.beams)
            back = scores(model, [one[-1] for one in here], corpus.pivot, there, language, measure.beams)
            into |= {"to_pivot": one_way, "from_pivot": back}
        found[language] = into | {"texts": len(rows)}
    return found


def scores(
    model: Bottleneck,
    texts: Sequence[str],
    language: str,
    references: Sequence[Sequence[str]],
    into: str,
    beams: int,
) -> dict[str, float]:
    """Compare texts decoded from their vectors."""
    vectors = encode(model, texts, language)
    return compared(told(model, vectors, into, beams), references)


def told(model: Bottleneck, vectors: Vectors, into: str, beams: int = 1) -> list[str]:
    """Texts in a language, told from unit vectors (N, D)."""
    parts = [
        torch.from_numpy(vectors[start : start + _AT_ONCE]) for start in range(0, len(vectors), _AT_ONCE)
    ]
    return [text for part in parts for text in model.write(part, into, beams=beams)]


def compared(found: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """ChrF and BLEU by sacrebleu's defaults; the references of a text may be several."""
    try:
        import sacrebleu
    except ImportError as error:
        raise MissingExtraError("evaluate", "chrF and BLEU") from error
    most = max(len(one) for one in references)
    streams: Any = [[one[place] if place < len(one) else None for one in references] for place in range(most)]
    bleu, chrf = sacrebleu.corpus_bleu(list(found), streams), sacrebleu.corpus_chrf(list(found), streams)
    return {"chrf": float(chrf.score), "bleu": float(bleu.score)}


def _held_out(corpus: Corpus, language: str, most: int) -> list[Mapping[str, tuple[str, ...]]]:
    """Held-out rows, the same number from each source, that have the language and the pivot."""
    per = -(-most // max(1, len(corpus.held_out)))
    rows: list[Mapping[str, tuple[str, ...]]] = []
    for found in corpus.held_out.values():
        fitting = [row.texts for row in found if language in row.texts and corpus.pivot in row.texts]
        rows += fitting[:: max(1, len(fitting) // per)][:per]
    return rows[:most]


def drift(before: Mapping[str, Vectors], after: Mapping[str, Vectors]) -> dict[str, dict[str, float]]:
    """How far vectors (N, D) of the same texts moved: mean and largest 1 − cosine, by language."""
    found = {}
    for language, old in before.items():
        moved = 1 - (old * after[language]).sum(1)
        found[language] = {"mean": float(moved.mean()), "largest": float(moved.max())}
    return found
