"""The card of an exported model: what it is and how closely it follows the trained one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from polyvox.encode.manifest import Manifest

CARD_FILE = "README.md"
_NAMES = {
    "opset": "ONNX opset",
    "speech_weights": "weights of the speech half stored as",
    "speech_recordings_compared": "recordings compared",
    "float32_largest_difference": "largest difference of an entry to the trained model, float32",
    "int8_largest_difference": "largest difference of an entry, int8 to float32",
    "int8_mean_cosine": "mean cosine, int8 to float32",
    "sounds_recordings_compared": "recordings whose sounds were compared",
    "sounds_largest_difference": "largest difference of a log-likelihood to the trained model, float32",
    "pronunciations": "pronunciations in the lexicon",
    "recall_pool": "texts in the development pool",
    "float32_recall_at_1": "development R@1, float32 (ties are misses)",
    "int8_recall_at_1": "development R@1, int8",
    "text_texts_compared": "texts compared",
    "text_mean_cosine": "mean cosine of texts to the trained model",
}


def write_card(folder: Path, manifest: Manifest, source: Path) -> None:
    """Write `README.md`; a card that came with the trained model follows below, its front matter on top."""
    front, rest = _card_of(source)
    own = "\n".join(_lines(folder, manifest))
    below = f"\n## The trained model\n\n{rest.strip()}\n" if rest.strip() else ""
    (folder / CARD_FILE).write_text(f"{front}{own}{below}", encoding="utf-8")


def _card_of(source: Path) -> tuple[str, str]:
    card = source / CARD_FILE
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    if not text.startswith("---\n") or "\n---\n" not in text:
        return "", text
    front, rest = text.split("\n---\n", 1)
    return f"{front}\n---\n\n", rest


def _lines(folder: Path, manifest: Manifest) -> Iterator[str]:
    yield f"# {manifest.name} {manifest.version}\n"
    yield (
        f"Light form, for `polyvox index --model FOLDER` and `polyvox.load_encoder(FOLDER)`; no torch is "
        f"needed. Vectors of {manifest.dimension} dimensions for "
        f"{' and '.join(sorted(manifest.modalities))}; they may be cut to "
        f"{', '.join(map(str, manifest.matryoshka))} and made unit length again."
    )
    if manifest.max_seconds:
        yield f"A recording is heard up to {manifest.max_seconds:g} seconds."
    yield f"\nLicence of the weights: {manifest.licence}.\n"
    if manifest.training_data:
        yield "Trained on:\n"
        yield from (f"- {line}" for line in manifest.training_data)
        yield ""
    yield "| file | bytes | SHA-256 |\n|---|---|---|"
    for name, digest in manifest.files.items():
        yield f"| {name} | {(folder / name).stat().st_size:,} | {digest} |"
    yield "\n| export | |\n|---|---|"
    for key, value in manifest.export.items():
        yield f"| {_NAMES.get(key, key)} | {value} |"
    yield ""
