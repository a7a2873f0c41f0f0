"""What a light model folder holds: `model.json`, read and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polyvox.errors import PolyvoxError
from polyvox.item import Modality

MANIFEST_FILE = "model.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a light model.

    Attributes:
        name: what users call the model.
        version: changes whenever the vectors do.
        dimension: full width of the vectors.
        matryoshka: widths to which a vector may be cut and made unit length again.
        modalities: what the model encodes.
        files: file name to SHA-256, hexadecimal.
        licence: SPDX expression for the weights.
        training_data: one line a source, with its licence.
        max_seconds: longest recording that the speech part hears whole; 0 without a speech part.
        export: how the files were made: ONNX opset, kind of weights, agreement with the trained model.
    """

    name: str
    version: str
    dimension: int
    matryoshka: tuple[int, ...]
    modalities: frozenset[Modality]
    files: Mapping[str, str]
    licence: str
    training_data: tuple[str, ...]
    max_seconds: float = 0.0
    export: Mapping[str, str | float] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the version, the width or any file."""
        files = sorted(self.files.items())
        content = json.dumps([self.name, self.version, self.dimension, files])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def read_manifest(folder: Path) -> Manifest:
    """Read `model.json`.

    Raises:
        PolyvoxError: it is missing, is not JSON, or lacks an entry.
    """
    path = folder / MANIFEST_FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            name=str(raw["name"]),
            version=str(raw["version"]),
            dimension=int(raw["dimension"]),
            matryoshka=tuple(int(width) for width in raw["matryoshka"]),
            modalities=frozenset(Modality(modality) for modality in raw["modalities"]),
            files={str(name): str(digest) for name, digest in raw["files"].items()},
            licence=str(raw["licence"]),
            training_data=tuple(map(str, raw["training_data"])),
            max_seconds=float(raw.get("max_seconds", 0)),
            export=dict(raw.get("export", {})),
        )
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise PolyvoxError(f"{path}: not a polyvox model ({error})") from error
    except KeyError as error:
        raise PolyvoxError(f"{path}: the entry {error} is missing; fetch the model again") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `model.json`."""
    content = {
        "name": manifest.name,
        "version": manifest.version,
        "dimension": manifest.dimension,
        "matryoshka": list(manifest.matryoshka),
        "modalities": sorted(manifest.modalities),
        "max_seconds": manifest.max_seconds,
        "licence": manifest.licence,
        "training_data": list(manifest.training_data),
        "files": dict(manifest.files),
    }
    if manifest.export:
        content["export"] = dict(manifest.export)
    (folder / MANIFEST_FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def file_hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """SHA-256 of files in a folder, by name."""
    hashes: dict[str, str] = {}
    for name in sorted(names):
        with (folder / name).open("rb") as stream:
            hashes[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashes


def verify_files(folder: Path) -> None:
    """Compare every file of a model with the hash that its manifest records.

    Reading 20 MB costs time, so loading does not do this; call it after a download.

    Raises:
        PolyvoxError: a file is missing or differs; the message names it.
    """
    for name, recorded in read_manifest(folder).files.items():
        if not (folder / name).is_file():
            raise PolyvoxError(f"{folder / name}: missing; fetch the model again")
        if file_hashes(folder, [name])[name] != recorded:
            raise PolyvoxError(f"{folder / name}: differs from its recorded hash; fetch the model again")
