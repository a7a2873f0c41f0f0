"""What stands beside a trained fusion: the cascade, an encoder that hears by itself, the text model alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from polyvox.encode import Encoder, load_encoder
from polyvox.errors import MissingExtraError
from polyvox.evaluate.cascade import Cascade, PocketsphinxCascade
from polyvox.read.sound import load_audio
from polyvox.train.clasp.distortions import CLEAN, Condition, conditions, distorted
from polyvox.train.clasp.measure import Figures, Side, figures, ranked
from polyvox.train.clasp.results import by_name
from polyvox.train.clasp.stage import Stage, subset, unseen_sentences
from polyvox.train.clasp.utterances import Utterance
from polyvox.train.order_file import write_json
from polyvox.train.progress import Progress, say

REFERENCES = "references.json"
WORDS = "recognised.jsonl"


@dataclass(frozen=True, slots=True)
class References:
    """Figures by name of what was measured.

    Attributes:
        cascade: recogniser and text model on a few recordings, by the recogniser's name.
        peer: the other encoder, by test and voices.
        peer_curve: the other encoder on distorted recordings, by condition.
        translations: the text model alone, from each other language to the English texts, by test and tag.
    """

    cascade: Mapping[str, Figures] = field(default_factory=dict)
    peer: Mapping[str, Figures] = field(default_factory=dict)
    peer_curve: Mapping[str, Figures] = field(default_factory=dict)
    translations: Mapping[str, Mapping[str, Figures]] = field(default_factory=dict)


def measured_references(stage: Stage, out: Path) -> References:
    """Measure the references, or read what was measured before of the same section and seed."""
    measuring = stage.recipe.measuring
    order = json.loads(json.dumps({"measuring": asdict(measuring), "seed": stage.recipe.seed}))
    path = out / REFERENCES
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["order"] == order:
            return _read(kept["found"])
    peer = load_encoder(measuring.peer) if measuring.peer else None
    found = References(
        cascade=_cascade(stage, out / WORDS) if measuring.cascade else {},
        peer=_peer(stage, peer) if peer else {},
        peer_curve=_peer_curve(stage, peer) if peer and measuring.distorted else {},
        translations=_translations(stage),
    )
    write_json(path, {"order": order, "found": asdict(found)})
    return found


def _read(found: Mapping[str, Mapping[str, Mapping[str, object]]]) -> References:
    plain = {name: by_name(found[name]) for name in ("cascade", "peer", "peer_curve")}
    translations = {test: by_name(tags) for test, tags in found["translations"].items()}  # type: ignore[arg-type]
    return References(**plain, translations=translations)


def _cascade(stage: Stage, path: Path) -> dict[str, Figures]:
    """Recognised words to the texts of all unseen sentences."""
    try:
        cascade = PocketsphinxCascade(load_encoder(stage.recipe.model.text))
    except MissingExtraError as error:
        say(f"without the cascade: {error}")
        return {}
    heard = subset(stage.corpus, stage.recipe.measuring.cascade, stage.recipe.seed)
    words = recognised(stage, cascade, heard, path)
    queries = Side(cascade.encode_text(words), [one.text for one in heard])
    texts = list(dict.fromkeys(one.text for one in unseen_sentences(stage.corpus)))
    found = ranked(queries, Side(cascade.encode_text(texts), texts))
    return {cascade.card.name: figures(found, len(texts))}


def recognised(stage: Stage, cascade: Cascade, heard: Sequence[Utterance], path: Path) -> list[str]:
    """The words of recordings; they are kept in a file, as recognising takes long."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept: dict[str, str] = dict(json.loads(line) for line in lines)
    progress = Progress("cascade", len(heard))
    for one in heard:
        if str(one.path) not in kept:
            audio = load_audio(one.path, stage.recipe.training.max_seconds)
            kept[str(one.path)] = cascade.transcribe([audio])[0]
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([str(one.path), kept[str(one.path)]]) + "\n")
        progress.advance()
    return [kept[str(one.path)] for one in heard]


def _peer(stage: Stage, peer: Encoder) -> dict[str, Figures]:
    found = {}
    for test, heard in stage.corpus.tests().items():
        texts = list(dict.fromkeys(one.text for one in heard))
        pool = Side(peer.encode_text(texts), texts)
        found[test] = figures(ranked(_encoded(stage, peer, heard, CLEAN), pool), len(texts))
    return found


def _peer_curve(stage: Stage, peer: Encoder) -> dict[str, Figures]:
    few = subset(stage.corpus, stage.recipe.measuring.distorted, stage.recipe.seed)
    texts = list(dict.fromkeys(one.text for one in unseen_sentences(stage.corpus)))
    pool = Side(peer.encode_text(texts), texts)
    return {
        one.name: figures(ranked(_encoded(stage, peer, few, one), pool), len(texts)) for one in conditions()
    }


def _encoded(stage: Stage, encoder: Encoder, heard: Sequence[Utterance], condition: Condition) -> Side:
    progress = Progress(f"peer, {condition.name}", len(heard))
    vectors = []
    for one in heard:
        audio = distorted(load_audio(one.path, stage.recipe.training.max_seconds), condition, one.path)
        vectors.append(encoder.encode_speech([audio]))
        progress.advance()
    return Side(np.concatenate(vectors), [one.text for one in heard])


def _translations(stage: Stage) -> dict[str, dict[str, Figures]]:
    """What the text model reaches when the recordings are their own texts: what any speech can lose."""
    found: dict[str, dict[str, Figures]] = {}
    for test, heard in stage.corpus.tests().items():
        pool = stage.pool(heard)
        for tag in stage.recipe.measuring.languages:
            asked = {text: one.text for one in heard for own, text in one.others if own == tag}
            if asked:
                queries = stage.text_side(list(asked), list(asked.values()))
                found.setdefault(test, {})[tag] = figures(ranked(queries, pool), len(pool.texts))
    return found
