"""Put a model folder together from its towers.

python -m polyvox.train.package RECIPE --text DIR [--speech FILE --max-seconds N] --into DIR
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from polyvox.encode.manifest import Manifest, file_hashes, write_manifest
from polyvox.encode.static import TEXT_FILES, StaticTextTower
from polyvox.errors import PolyvoxError
from polyvox.item import Modality
from polyvox.train.recipe import ModelRecipe, TextRecipe, read_section


def package(
    recipe: Path, text: Path, into: Path, speech: Path | None = None, max_seconds: float = 0.0
) -> Manifest:
    """Copy the towers into one folder and write its `model.json`.

    Args:
        recipe: folder whose sections `[model]` and `[text]` say what the model is.
        text: folder of a trained text tower.
        into: the model folder; files of the same names are replaced.
        speech: the exported speech tower, where there is one.
        max_seconds: longest recording that it hears whole.

    Raises:
        PolyvoxError: a part is missing or cannot be read.
    """
    described, widths = read_section(recipe, "model", ModelRecipe), read_section(recipe, "text", TextRecipe)
    into.mkdir(parents=True, exist_ok=True)
    tower = StaticTextTower.load(text)
    parts = [text / name for name in TEXT_FILES] + ([speech] if speech else [])
    for part in parts:
        if not part.is_file():
            raise PolyvoxError(f"{part}: no such file; train this part first")
        if part.parent.resolve() != into.resolve():
            shutil.copy(part, into / part.name)
    manifest = Manifest(
        name=described.name,
        version=described.version,
        dimension=tower.dimension,
        matryoshka=tuple(widths.matryoshka),
        modalities=frozenset({Modality.TEXT} | ({Modality.SPEECH} if speech else set())),
        files=file_hashes(into, [part.name for part in parts]),
        licence=described.licence,
        training_data=described.training_data,
        max_seconds=max_seconds if speech else 0.0,
    )
    write_manifest(into, manifest)
    return manifest


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m polyvox.train.package", description=__doc__)
    parser.add_argument("recipe", type=Path, help="folder with a recipe.toml")
    parser.add_argument("--text", type=Path, required=True, help="folder of a trained text tower")
    parser.add_argument("--speech", type=Path, help="exported speech tower")
    parser.add_argument("--max-seconds", type=float, default=0.0, help="longest recording it hears whole")
    parser.add_argument("--into", type=Path, required=True, help="the model folder")
    options = parser.parse_args(arguments)
    try:
        manifest = package(options.recipe, options.text, options.into, options.speech, options.max_seconds)
    except PolyvoxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(
        f"{options.into}: {manifest.name} {manifest.version}, fingerprint {manifest.fingerprint}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
