"""`polyvox synthesize`: speech from text."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.cli.exits import Exit, UsageError
from polyvox.cli.options import key_value, language, positive, whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polyvox.train.augment import Augmentation
    from polyvox.train.casting import SpokenText
    from polyvox.train.spoken_texts import SynthesisConfig

MOST_NAMED = 10
"""So many skipped texts are named; all are in skipped.txt."""


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "synthesize",
        help="make speech from text, to train on",
        description="Speak texts with espeak-ng, Flite and Festival, in voices, rates and pitches drawn by "
        "seed, and write the recordings with a manifest. Run it again at any time: what is there already "
        "is not spoken again.",
    )
    parser.add_argument(
        "texts",
        nargs="?",
        type=Path,
        metavar="TEXTS",
        help="a .tsv, .csv, .jsonl or .parquet file with the columns text and language, a plain text file "
        "with a text a line, or a recipe folder with a section [synthesis]",
    )
    parser.add_argument("out", nargs="?", type=Path, metavar="OUT", help="folder for the recordings")
    parser.add_argument("--language", type=language, metavar="TAG", help="BCP 47, of all texts")
    parser.add_argument(
        "--column",
        type=key_value,
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="what the file calls text, language, translation, translation_language or key; repeatable",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="data folder, for a recipe")
    parser.add_argument("--engines", metavar="NAMES", help="such as espeak,flite (default: all installed)")
    parser.add_argument(
        "--voices",
        metavar="NAMES",
        help="such as flite:slt,espeak:en-us+f1 (default: all); see --list-voices",
    )
    parser.add_argument("--format", choices=["wav", "opus"], default="wav", help="of the recordings (wav)")
    parser.add_argument(
        "--augment",
        type=probabilities,
        nargs="?",
        const={},
        metavar="NAME=P,...",
        help="distort what is written, by default as in training; or the probability of each of speed, "
        "reverberation, equaliser, noise, band_limit, clipping, codec",
    )
    parser.add_argument("--seed", type=whole, help="decides voices and distortions (0, or the recipe's)")
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, help="processes (all cores)")
    parser.add_argument("--list-voices", action="store_true", help="print the installed voices and exit")
    parser.set_defaults(run=run)


def probabilities(value: str) -> dict[str, float]:
    """NAME=P,… from the command line.

    >>> probabilities("noise=1,codec=0.5")
    {'noise': 1.0, 'codec': 0.5}
    """
    try:
        pairs = dict(key_value(part) for part in value.split(","))
        return {name: float(number) for name, number in pairs.items()}
    except ValueError as error:
        raise ArgumentTypeError(f"{value!r} is not NAME=PROBABILITY,...") from error


def run(arguments: Namespace) -> int:
    """Speak, and say what was done."""
    if arguments.list_voices:
        return _list_voices(arguments)
    if arguments.texts is None or arguments.out is None:
        raise UsageError("TEXTS and OUT are needed; see polyvox synthesize --help")
    from polyvox.train.synthesis import SKIPPED, Finish, Format, synthesize

    skipped: list[str] = []
    recipe = _recipe(arguments)
    engines = _engines(arguments.engines, recipe)
    seed = arguments.seed if arguments.seed is not None else recipe.seed if recipe else 0
    augmentation = _augmentation(arguments.augment, recipe)
    texts = _texts(arguments, recipe, skipped)
    report = synthesize(
        texts,
        arguments.out,
        engines=engines,
        seed=seed,
        workers=arguments.workers,
        finish=Finish(Format(arguments.format), augmentation, seed),
        skipped=skipped,
        voices=[name.strip() for name in (arguments.voices or "").split(",") if name.strip()],
    )
    print(
        f"{report.manifest}: {report.spoken + report.cached:,} recordings, "
        f"{report.seconds / 3600:.2f} hours; {report.spoken:,} spoken now, {report.cached:,} were there"
    )
    if report.skipped:
        _tell(report.skipped, arguments.out / SKIPPED)
    return Exit.SKIPPED_SOME if report.skipped else Exit.DONE


def _recipe(arguments: Namespace) -> SynthesisConfig | None:
    from polyvox.train.recipe import RECIPE_FILE
    from polyvox.train.spoken_texts import load_synthesis_config

    return load_synthesis_config(arguments.texts) if (arguments.texts / RECIPE_FILE).is_file() else None


def _texts(arguments: Namespace, recipe: SynthesisConfig | None, skipped: list[str]) -> Sequence[SpokenText]:
    from polyvox.train.spoken_texts import texts_to_speak
    from polyvox.train.text_list import read_texts

    if recipe is None:
        return read_texts(
            arguments.texts,
            language=arguments.language or "",
            columns=dict(arguments.column),
            report=skipped.append,
        )
    data = arguments.data or os.environ.get("POLYVOX_DATA")
    if data is None:
        raise UsageError("a recipe takes its texts from a data folder: give --data or set POLYVOX_DATA")
    return texts_to_speak(recipe, Path(data) / "text")


def _engines(named: str | None, recipe: SynthesisConfig | None) -> Sequence[str]:
    from polyvox.train.engines import ENGINES, installed_engines

    if named is None:
        return recipe.engines if recipe else [engine.name for engine in installed_engines()]
    names = [name.strip() for name in named.split(",")]
    unknown = sorted(set(names) - set(ENGINES))
    if unknown:
        raise UsageError(f"unknown engine {unknown[0]!r}; there are: {', '.join(ENGINES)}")
    return names


def _augmentation(given: dict[str, float] | None, recipe: SynthesisConfig | None) -> Augmentation | None:
    from polyvox.train.augment import Augmentation
    from polyvox.train.sections import section_from

    if given is None:
        wanted = dict(recipe.augmentation) if recipe else {}
        return section_from(Augmentation, wanted, "[synthesis.augmentation]") if wanted else None
    return section_from(Augmentation, {**Augmentation.nothing(), **given} if given else {}, "--augment")


def _list_voices(arguments: Namespace) -> int:
    from polyvox.train.engines import installed_engines
    from polyvox.train.languages import SPOKEN_LANGUAGES

    for engine in installed_engines():
        for tag in [arguments.language] if arguments.language else SPOKEN_LANGUAGES:
            voices = engine.voices(tag)
            if voices:
                shown = " ".join(voices) if arguments.language else f"{len(voices)} voices"
                print(f"{engine.name}\t{tag}\t{shown}")
    return Exit.DONE


def _tell(skipped: Sequence[str], listing: Path) -> None:
    import sys

    for reason in skipped[:MOST_NAMED]:
        sys.stderr.write(f"skipped {reason}\n")
    if len(skipped) > MOST_NAMED:
        sys.stderr.write(f"skipped {len(skipped) - MOST_NAMED:,} more\n")
    sys.stderr.write(f"{len(skipped):,} texts were skipped; all of them are in {listing}\n")
