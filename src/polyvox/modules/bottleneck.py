"""An encoder–decoder whose decoder sees one vector: sentences to vectors, and vectors back to sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers.base.modality_types import Modality
from sentence_transformers.base.modules import InputModule
from torch import Tensor
from torch.nn import functional as F

from polyvox.errors import PolyvoxError
from polyvox.item import UNKNOWN_LANGUAGE, Item
from polyvox.modules.encoder_decoder import EncoderDecoder, open_encoder_decoder

SETTINGS = "bottleneck.json"
LONGEST = 128
_IGNORED = -100


class Bottleneck(InputModule):
    """Texts to unit vectors, `sentence_embedding` (B, dimension), and unit vectors to texts.

    The encoder's states become one vector: their mean over the tokens, padding left out, brought to unit
    length. The decoder attends to that vector times √dimension and to nothing else (SONAR, Duquenne et al.
    2023, https://arxiv.org/abs/2308.11466, whose vectors have free length). A text starts with the tag of its
    language; where the language is not known or has no tag, with the tag of `und`.

    Args:
        network: an encoder–decoder of transformers in the form of M2M-100 and NLLB, with its output layer,
            or a `LanguageModelPair`.
        tokenizer: of the network.
        tags: the token of each language, `und` among them.
        longest: tokens of a text that are read.

    Raises:
        PolyvoxError: `und` has no tag, or a tag is no token.
    """

    save_in_root = False
    tokenizer: Any

    def __init__(
        self,
        network: EncoderDecoder,
        tokenizer: Any,  # noqa: ANN401 - transformers has no types
        tags: Mapping[str, str],
        longest: int = LONGEST,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        if UNKNOWN_LANGUAGE not in tags:
            raise PolyvoxError(f"the tags of a bottleneck model need one for {UNKNOWN_LANGUAGE}")
        known = tokenizer.get_vocab()
        if missing := [tag for tag in tags.values() if tag not in known]:
            raise PolyvoxError(f"{missing[0]!r} is no token of the tokenizer")
        self.network: Any = network
        self.tokenizer = tokenizer
        self.tags = dict(tags)
        self.longest = longest
        self._ids = {language: int(known[tag]) for language, tag in tags.items()}

    @property
    def modalities(self) -> list[Modality]:
        """What this module takes."""
        return ["text"]

    def get_embedding_dimension(self) -> int:
        """Width of the vectors."""
        return int(self.network.config.d_model)

    def tag_of(self, language: str) -> int:
        """The token number of a language's tag; that of `und` where it has none."""
        return self._ids.get(language, self._ids[UNKNOWN_LANGUAGE])

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of texts, cut at `longest`, without tag and end."""
        found = self.tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=self.longest
        )
        return [list(ids) for ids in found["input_ids"]]

    def read_by_encoder(self, tokens: Sequence[Sequence[int]], tags: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Tag, tokens and end of each text as the encoder reads them: numbers and mask, (B, T) each."""
        end = self.network.config.eos_token_id
        return self._padded([[tag, *ids, end] for tag, ids in zip(tags, tokens, strict=True)])

    def pooled(self, numbers: Tensor, mask: Tensor) -> Tensor:
        """The means of the encoder's states, (B, dimension) float32, of token numbers and mask (B, T)."""
        found = self.network.get_encoder()(input_ids=numbers, attention_mask=mask.long())
        kept = mask.unsqueeze(-1)
        states = torch.where(kept, found.last_hidden_state.float(), 0.0)
        means: Tensor = states.sum(1) / kept.sum(1)
        return means

    def vectors(self, numbers: Tensor, mask: Tensor) -> Tensor:
        """Unit vectors (B, dimension), float32, of token numbers and their mask (B, T)."""
        return F.normalize(self.pooled(numbers, mask), dim=-1)

    def loss(self, vectors: Tensor, tokens: Sequence[Sequence[int]], tags: Sequence[int]) -> Tensor:
        """Mean cross entropy of each token of texts, told from unit vectors (B, dimension); a scalar.

        Args:
            vectors: what the decoder sees.
            tokens: of the texts to be written.
            tags: of their languages; the decoder is told, it does not guess.
        """
        end = self.network.config.eos_token_id
        start = self.network.config.decoder_start_token_id
        given, mask = self._padded([[start, tag, *ids] for tag, ids in zip(tags, tokens, strict=True)])
        wanted, _ = self._padded([[_IGNORED, *ids, end] for ids in tokens], _IGNORED)
        memory = (vectors * vectors.shape[-1] ** 0.5).unsqueeze(1)
        states = self.network.get_decoder()(
            input_ids=given, attention_mask=mask.long(), encoder_hidden_states=memory, use_cache=False
        ).last_hidden_state
        heard = wanted != _IGNORED
        odds = self.network.lm_head(states[heard])
        return F.cross_entropy(odds.float(), wanted[heard])

    @torch.no_grad()
    def write(self, vectors: Tensor, language: str, *, beams: int = 1, longest: int = 0) -> list[str]:
        """Texts in one language, told from unit vectors (B, dimension).

        Args:
            vectors: of texts or of speech.
            language: to write in.
            beams: of the search; 1 is greedy.
            longest: tokens of a text; those that the encoder reads where 0.

        Raises:
            PolyvoxError: the model has no tag for the language.
        """
        from transformers.modeling_outputs import BaseModelOutput

        if language not in self._ids:
            raise PolyvoxError(f"the decoder writes {', '.join(self._ids)}, not {language}")
        memory = (vectors * vectors.shape[-1] ** 0.5).unsqueeze(1).to(self.network.device)
        found = self.network.generate(
            encoder_outputs=BaseModelOutput(last_hidden_state=memory.to(self.network.dtype)),
            attention_mask=torch.ones(memory.shape[:2], dtype=torch.long, device=memory.device),
            forced_bos_token_id=self._ids[language],
            num_beams=beams,
            do_sample=False,
            max_new_tokens=longest or self.longest,
        )
        return [text.strip() for text in self.tokenizer.batch_decode(found, skip_special_tokens=True)]

    def preprocess(
        self,
        inputs: Sequence[Any],
        prompt: str | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> dict[str, Any]:
        """Texts to token numbers `input_ids` and `attention_mask`, (B, T) each.

        Args:
            inputs: texts, or `Item`s, which name their language.
            prompt: the language of the texts that name none; unknown where absent.
            settings: not used.
        """
        languages = [one.language if isinstance(one, Item) else prompt or UNKNOWN_LANGUAGE for one in inputs]
        texts = [one.content if isinstance(one, Item) else one for one in inputs]
        numbers, mask = self.read_by_encoder(
            self.tokens([str(text) for text in texts]), [self.tag_of(language) for language in languages]
        )
        return {"input_ids": numbers, "attention_mask": mask, "modality": "text"}

    def forward(self, features: dict[str, Any], **settings: Any) -> dict[str, Any]:  # noqa: ANN401
        """Add `sentence_embedding` (B, dimension)."""
        features["sentence_embedding"] = self.vectors(
            features["input_ids"], features["attention_mask"].bool()
        )
        return features

    def _padded(self, rows: Sequence[Sequence[int]], filler: int | None = None) -> tuple[Tensor, Tensor]:
        """Rows of numbers as one array (B, T), and the mask of what is content."""
        pad = self.network.config.pad_token_id if filler is None else filler
        lengths = torch.tensor([len(row) for row in rows])
        longest = int(lengths.max())
        numbers = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
        mask = torch.arange(longest) < lengths[:, None]
        return numbers.to(self.network.device), mask.to(self.network.device)

    def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **settings: Any) -> None:  # noqa: ANN401
        """Write the encoder–decoder and its tokenizer as transformers saves them, and `bottleneck.json`."""
        folder = Path(output_path)
        self.network.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        kept = {"tags": self.tags, "longest": self.longest}
        (folder / SETTINGS).write_text(json.dumps(kept, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        init_defaults: dict[str, Any] | None = None,
        **settings: Any,  # noqa: ANN401 - the library passes what other modules take
    ) -> Bottleneck:
        """Read what `save` wrote, from a folder or the hub.

        Raises:
            PolyvoxError: there is no such module.
        """
        found = cls.load_dir_path(
            model_name_or_path, subfolder, token, cache_folder, revision, local_files_only
        )
        folder = Path(found or "")
        if not found or not (folder / SETTINGS).is_file():
            raise PolyvoxError(f"{model_name_or_path}/{subfolder} holds no bottleneck model: no {SETTINGS}")
        return open_bottleneck(folder)


def open_bottleneck(folder: Path) -> Bottleneck:
    """Read what `Bottleneck.save` wrote."""
    from transformers import AutoTokenizer

    kept = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
    network = open_encoder_decoder(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return Bottleneck(network, tokenizer, kept["tags"], kept["longest"]).eval()
