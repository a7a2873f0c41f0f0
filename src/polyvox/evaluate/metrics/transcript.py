"""WER, CER, BLEU and chrF of the retrieved text: retrieval judged as recognition or translation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polyvox.errors import MissingExtraError
from polyvox.evaluate.metrics.metric import Values

PURPOSE = "judging the retrieved text"


def word_errors(references: Sequence[str], retrieved: Sequence[str]) -> tuple[float, Values]:
    """WER = (substitutions + deletions + insertions) / reference words: of all, and of each, by jiwer."""
    return _error_rates(references, retrieved, "wer")


def character_errors(references: Sequence[str], retrieved: Sequence[str]) -> tuple[float, Values]:
    """CER: the same over characters, by jiwer."""
    return _error_rates(references, retrieved, "cer")


def bleu(references: Sequence[str], retrieved: Sequence[str]) -> float:
    """Corpus BLEU, 0 to 100, by sacrebleu with its default tokens (13a)."""
    try:
        from sacrebleu import corpus_bleu
    except ImportError as error:
        raise MissingExtraError("evaluate", PURPOSE) from error
    return float(corpus_bleu(list(retrieved), [list(references)]).score)


def chrf(references: Sequence[str], retrieved: Sequence[str]) -> float:
    """Corpus chrF (character 6-grams, β = 2), 0 to 100, by sacrebleu."""
    try:
        from sacrebleu import corpus_chrf
    except ImportError as error:
        raise MissingExtraError("evaluate", PURPOSE) from error
    return float(corpus_chrf(list(retrieved), [list(references)]).score)


def _error_rates(references: Sequence[str], retrieved: Sequence[str], rate: str) -> tuple[float, Values]:
    try:
        import jiwer
    except ImportError as error:
        raise MissingExtraError("evaluate", PURPOSE) from error
    count = {"wer": jiwer.wer, "cer": jiwer.cer}[rate]
    each = [count(said, got) for said, got in zip(references, retrieved, strict=True)]
    return float(count(list(references), list(retrieved))), np.array(each, np.float64)
