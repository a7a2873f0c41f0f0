"""Everything that is measured of a trained fusion."""

from __future__ import annotations

from collections.abc import Sequence

from polyvox.modules.branch_fusion import Fusion
from polyvox.train.clasp.distortions import CLEAN, conditions
from polyvox.train.clasp.learning import Course
from polyvox.train.clasp.measure import Figures, Side, figures, ranked
from polyvox.train.clasp.results import Result
from polyvox.train.clasp.stage import Stage, subset, unseen_sentences
from polyvox.train.clasp.utterances import Utterance
from polyvox.train.split import Part

_FEWEST_QUERIES = 10


def development_mrr(stage: Stage, fusion: Fusion) -> float:
    """MRR of the development recordings among the development texts; it chooses the epoch."""
    heard = stage.corpus.of(Part.DEVELOPMENT)
    pool = stage.pool(heard)
    return figures(ranked(stage.side(fusion, heard), pool), len(pool.texts)).mrr


def assessed(stage: Stage, name: str, fusion: Fusion, course: Course) -> Result:
    """Measure a variant on every test."""
    tests = stage.corpus.tests()
    sides = {test: stage.side(fusion, heard) for test, heard in tests.items()}
    pools = {test: stage.pool(heard) for test, heard in tests.items()}
    ranks = {test: ranked(sides[test], pools[test]) for test in tests}
    curve, control = _curves(stage, fusion)
    return Result(
        name=name,
        trained_on=len(stage.training()),
        leaked=stage.corpus.leaked,
        course=course,
        tests={test: figures(found, len(pools[test].texts)) for test, found in ranks.items()},
        backwards={test: backwards(pools[test], sides[test]) for test in tests},
        ranks={test: found.tolist() for test, found in ranks.items()},
        languages={test: languages(stage, tests[test], sides[test]) for test in tests},
        curve=curve,
        control=control,
        beside=_beside(stage, fusion),
    )


def backwards(texts: Side, recordings: Side) -> Figures:
    """From texts to recordings; any recording of the text is right."""
    return figures(ranked(texts, recordings), len(recordings.texts))


def languages(stage: Stage, heard: Sequence[Utterance], recordings: Side) -> dict[str, Figures]:
    """From texts in each other language to recordings, where there are ten queries at least."""
    found = {}
    for tag in stage.recipe.measuring.languages:
        asked = {text: one.text for one in heard for own, text in one.others if own == tag}
        if len(asked) >= _FEWEST_QUERIES:
            found[tag] = backwards(stage.text_side(list(asked), list(asked.values())), recordings)
    return found


def _beside(stage: Stage, fusion: Fusion) -> Figures | None:
    """The recordings that the recogniser hears too."""
    count = stage.recipe.measuring.cascade
    if not count:
        return None
    texts = stage.pool(unseen_sentences(stage.corpus))
    heard = subset(stage.corpus, count, stage.recipe.seed)
    return figures(ranked(stage.side(fusion, heard), texts), len(texts.texts))


def _curves(stage: Stage, fusion: Fusion) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """Distorted recordings to texts, and to their own clean recordings: the positive control."""
    count = stage.recipe.measuring.distorted
    if not count:
        return {}, {}
    few = subset(stage.corpus, count, stage.recipe.seed)
    texts = stage.pool(unseen_sentences(stage.corpus))
    names = [str(one.path) for one in few]
    clean = Side(stage.side(fusion, few).vectors, names)
    curve, control = {}, {}
    for condition in conditions():
        side = stage.side(fusion, few, condition)
        curve[condition.name] = figures(ranked(side, texts), len(texts.texts))
        if condition != CLEAN:
            control[condition.name] = figures(ranked(Side(side.vectors, names), clean), len(names))
    return curve, control
