"""What is said where a language is told to a model that takes no notice of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from polyvox.item import Audio

LOGGER = logging.getLogger(__name__)
_named: set[str] = set()


def note_untold(model: str, recordings: Sequence[Audio]) -> None:
    """Warn, once for each model, that it cannot be told the language that a recording names."""
    if model not in _named and any(recording.languages for recording in recordings):
        _named.add(model)
        LOGGER.warning(
            "the model %r cannot be told the language of a recording; it hears as if none were named", model
        )
