"""A language model that reads text and speech units, as a sentence-transformers module."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sentence_transformers.base.modality_types import Modality as ModalityName
from sentence_transformers.base.modules import Transformer
from torch import Tensor

from polyvox.errors import PolyvoxError
from polyvox.item import SAMPLING_RATE, UNKNOWN_LANGUAGE, Audio, Item, Modality
from polyvox.modules.folder_module import samples
from polyvox.modules.prefixes import Prefixes
from polyvox.modules.unit_text import unit_text
from polyvox.modules.units import Units

_SETTINGS = "spoken.json"
_SPEECH = "speech"
TEXT_ONLY: Any = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
"""What the language model itself takes. Without it a chat template would be put around every text."""


class SpokenTransformer(Transformer):
    """Texts and recordings to states of one language model, `token_embeddings` (B, T, width).

    A recording is heard, written as unit tokens and read like a text. Before each input stands a prefix that
    names its language and modality; a language that is not known is `und`. Inputs are texts, `Audio`, mono
    16 kHz arrays, `{"array", "sampling_rate"}`, or an `Item`, which names its language. The folder or name is
    that of a transformers checkpoint whose vocabulary has the units (`extend_vocabulary`).
    """

    speech: Units | None = None
    prefixes = Prefixes()
    max_seconds = 20.0

    @classmethod
    def made_of(
        cls, folder: Path, speech: Units | None, prefixes: Prefixes, max_seconds: float
    ) -> SpokenTransformer:
        """Put a language model and an ear together.

        Args:
            folder: a transformers checkpoint with its tokenizer.
            speech: hears; without it the module takes text and written units only.
            prefixes: what stands before an input.
            max_seconds: what comes later in a recording is not heard.
        """
        made: SpokenTransformer = cls(
            str(folder),
            modality_config=TEXT_ONLY,
            module_output_name="token_embeddings",
            model_kwargs={"local_files_only": True},
        )
        made.speech, made.prefixes, made.max_seconds = speech, prefixes, max_seconds
        return made

    @property
    def modalities(self) -> list[ModalityName]:
        """What this module takes."""
        return ["text", "audio"] if self.speech else ["text"]

    def preprocess(  # type: ignore[override]
        self,
        inputs: Sequence[Any],
        prompt: str | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> dict[str, Tensor | Any]:
        """Texts and recordings to padded token numbers.

        Args:
            inputs: see the class.
            prompt: stands in place of the prefix.
            settings: of the library's Transformer.

        Raises:
            PolyvoxError: a recording is not at 16 kHz or not mono, or the module has no ear.
        """
        return self.tokens([self._written(one, prompt) for one in inputs], **settings)

    def tokens(self, written: Sequence[str], **settings: Any) -> dict[str, Tensor | Any]:  # noqa: ANN401
        """Texts that have their prefix, and recordings that are written as units, to padded token numbers."""
        return super().preprocess(list(written), **settings)

    def write(self, recordings: Sequence[Audio]) -> list[str]:
        """Recordings as text of units, without prefix.

        Raises:
            PolyvoxError: the module has no ear.
        """
        if self.speech is None:
            raise PolyvoxError("this model reads text only: it was saved without a speech front")
        longest = int(self.max_seconds * SAMPLING_RATE)
        heard = self.speech.ids([Audio(recording.samples[:longest]) for recording in recordings])
        return [unit_text(units) for units in heard]

    def _written(self, content: object, prompt: str | None) -> str:
        language = UNKNOWN_LANGUAGE
        if isinstance(content, Item):
            language, content = content.language, content.content
        if isinstance(content, str):
            return (prompt or self.prefixes.before(Modality.TEXT, language)) + content
        (units,) = self.write([Audio(samples(content))])
        return (prompt or self.prefixes.before(Modality.SPEECH, language)) + units

    def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **settings: Any) -> None:  # noqa: ANN401
        """Write the language model, its tokenizer and the ear."""
        super().save(output_path, *args, safe_serialization=safe_serialization, **settings)
        kept = {
            "prefixes": asdict(self.prefixes),
            "max_seconds": self.max_seconds,
            "hears": bool(self.speech),
        }
        folder = Path(output_path)
        (folder / _SETTINGS).write_text(json.dumps(kept, ensure_ascii=False) + "\n", encoding="utf-8")
        if self.speech:
            self.speech.save(folder / _SPEECH)

    @classmethod
    def load(  # type: ignore[override]
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        **settings: Any,  # noqa: ANN401 - of the library's Transformer
    ) -> SpokenTransformer:
        """Read what `save` wrote, from a folder or the hub.

        Raises:
            PolyvoxError: there is no such module.
        """
        places = (token, cache_folder, revision, local_files_only)
        found = cls.load_dir_path(model_name_or_path, subfolder, *places)
        folder = Path(found or "")
        if not found or not (folder / _SETTINGS).is_file():
            raise PolyvoxError(f"{model_name_or_path}/{subfolder} holds no spoken model: no {_SETTINGS}")
        made = super().load(model_name_or_path, subfolder, *places, **settings)
        kept = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        made.prefixes, made.max_seconds = Prefixes(**kept["prefixes"]), kept["max_seconds"]
        made.speech = Units.load(folder / _SPEECH) if kept["hears"] else None
        return made
