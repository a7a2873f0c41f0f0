"""How stage one of the speech tower goes on after its first part: deeper, or on spliced recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.modules.sounds import Sounds
from polyvox.train.growth import deepen
from polyvox.train.sections import in_range
from polyvox.train.sounds import SoundsTraining
from polyvox.train.speech_batches import SpeechSource
from polyvox.train.splicing import spliced


@dataclass(frozen=True, slots=True)
class FurtherTraining(SoundsTraining):
    """A section [[speech.further]] of a recipe: another part of stage one.

    Attributes:
        layers: blocks that the network has from here on; 0 for as many as before.
        splice: how often a recording is cut between two sounds and joined with another one.
        splice_sets: whose recordings; those of one language in a set should have few readers.
    """

    layers: int = 0
    splice: float = 0.0
    splice_sets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        SoundsTraining.__post_init__(self)
        in_range("splice", self.splice, 0, 1)
        if self.splice and not self.splice_sets:
            raise PolyvoxError("splice_sets is empty; name the sets whose recordings may be spliced")


def prepared(
    model: Sounds, source: SpeechSource, part: FurtherTraining, sounds: Sequence[str], kept: Path
) -> tuple[Sounds, SpeechSource]:
    """The network and the source that a part begins with; where it may cut is kept in the file `kept`."""
    going_on = replace(source, shares=part.shares)
    if part.splice:
        going_on = spliced(going_on, part.splice_sets, part.splice, model, sounds, kept)
    grows = part.layers > len(model.blocks)
    return (deepen(model, part.layers) if grows else model), going_on
