"""A trained tower of words, joined to a text half in the light form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polyvox.encode.features import log_mel
from polyvox.encode.light import LightEncoder
from polyvox.encode.protocol import Vectors
from polyvox.encode.speech import MODEL_FILE
from polyvox.errors import PolyvoxError
from polyvox.item import Audio
from polyvox.train.export_sources import WORDS_CONFIG
from polyvox.train.export_speech import MAX_SECONDS, Storage, speech_program, write_program
from polyvox.train.parity import heard_part

if TYPE_CHECKING:
    from polyvox.modules.word_tower import WordTower
    from polyvox.train.speech_recipe import SpeechRecipe

TOWER = "tower"
COMPARED = 16
"""So many recordings go through both networks."""


def is_words_run(folder: Path) -> bool:
    """Whether `polyvox.train.speech_tower` wrote the folder."""
    return (folder / TOWER / WORDS_CONFIG).is_file()


class WordsRun:
    """The tower of a run, and the light folder that gets its words at once and its network by `store`.

    Args:
        run: what `polyvox.train.speech_tower` wrote.
        recipe: the section [speech] it was trained by.
        folder: a light text model.

    Raises:
        PolyvoxError: the run has no tower or no words.
    """

    def __init__(self, run: Path, recipe: SpeechRecipe, folder: Path) -> None:
        from polyvox.modules.word_tower import OUTPUTS, WordTower
        from polyvox.train.export_words import add_lexicon
        from polyvox.train.lexicon import load_words
        from polyvox.train.speech_tower import WORDS_FILE

        self.tower = WordTower.load(run / TOWER).eval()
        words = load_words(run / WORDS_FILE)
        if max(max(word.sounds) for word in words) >= len(self.tower.inventory):
            raise PolyvoxError(f"{run / WORDS_FILE}: has sounds that the tower does not know; is it its own?")
        self._program = speech_program(self.tower, OUTPUTS)
        self._known = add_lexicon(recipe, self.tower, words, folder)
        self._folder = folder

    def store(self, storage: Storage, recordings: Sequence[Audio]) -> Vectors:
        """Write the network with such weights; gives the light model's vectors of recordings."""
        from polyvox.train.export_words import enter_words

        write_program(self._program, self._folder / MODEL_FILE, storage=storage)
        enter_words(self._folder, storage, self._known)
        return LightEncoder(self._folder).encode_speech(recordings)

    def largest_difference(self, recordings: Sequence[Audio]) -> float:
        """How far the stored network's log-likelihoods of sounds are from the trained one's, at most.

        Raises:
            PolyvoxError: they disagree by more than rounding.
        """
        import onnxruntime

        session = onnxruntime.InferenceSession(str(self._folder / MODEL_FILE))
        differences = [_difference(self.tower, session, audio) for audio in recordings[:COMPARED]]
        largest = float(np.max(differences))  # not a number stays one
        if not largest < 0.01:
            raise PolyvoxError(
                "the exported network disagrees with the trained one: a log-likelihood differs by "
                f"{largest:.3g}"
            )
        return largest


def _difference(tower: WordTower, session: Any, audio: Audio) -> float:  # noqa: ANN401 - onnxruntime has no types
    import torch

    features = log_mel(heard_part(audio, MAX_SECONDS))[None]
    lengths = np.array([features.shape[1]])
    heard = session.run(["sounds"], {"features": features, "lengths": lengths})[0]
    with torch.inference_mode():
        trained = tower(torch.from_numpy(features), torch.from_numpy(lengths))[0].numpy()
    return float(np.abs(heard - trained).max())
