"""`polyvox export`: the light form of a trained model."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from polyvox.cli.exits import Exit
from polyvox.cli.options import add_json
from polyvox.cli.streams import print_json

if TYPE_CHECKING:
    from polyvox.train.recipe import ModelRecipe


def register(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Add the verb to the parser."""
    parser = verbs.add_parser(
        "export",
        help="turn a trained model into its light form",
        description="Write the light form of a trained model: ONNX and small whole numbers, tokenizer, card, "
        "hashes. It is compared with the trained model on the way.",
    )
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="folder of a trained speech tower, of a run of a tower of words, of a static "
        "sentence-transformers model, or of a model that joins text and speech",
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a new or empty folder")
    parser.add_argument("--text", metavar="MODEL", help="model whose text half goes with a speech tower")
    parser.add_argument(
        "--precision",
        choices=["auto", "float32", "int8"],
        default="auto",
        help="of the speech weights; auto takes int8 where it costs less than 0.01 of R@1 (auto)",
    )
    parser.add_argument(
        "--development",
        type=Path,
        metavar="MANIFEST",
        help="recordings with texts, to measure R@1 on; without them the vectors are compared",
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="RECIPE",
        help="folder whose section [model] describes the model, and whose [speech] a tower of words was "
        "trained by",
    )
    parser.add_argument("--name", help="name of the model (default: that of the recipe, or of the folder)")
    parser.add_argument("--licence", metavar="SPDX", help="licence of the weights (default: the recipe's)")
    parser.add_argument(
        "--matryoshka", type=widths, default=(), metavar="N,...", help="widths a vector may be cut to"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def widths(value: str) -> tuple[int, ...]:
    """Whole numbers with commas from the command line.

    >>> widths("256,64")
    (256, 64)
    """
    if not all(part.isdecimal() for part in value.split(",")):
        raise ArgumentTypeError(f"{value!r} is not a list of whole numbers such as 256,128,64")
    return tuple(int(part) for part in value.split(","))


def run(arguments: Namespace) -> int:
    """Export, and print sizes and agreement."""
    from polyvox.encode.load import DEFAULT_MODEL, default_model_folder
    from polyvox.train.export import Precision, export_model

    text = None
    if arguments.text:
        text = default_model_folder() if arguments.text == DEFAULT_MODEL else Path(arguments.text)
    report = export_model(
        arguments.model,
        arguments.out,
        described=_described(arguments),
        text=text,
        precision=Precision(arguments.precision),
        development=arguments.development,
        matryoshka=arguments.matryoshka,
        recipe=arguments.recipe,
    )
    if arguments.json:
        print_json({"folder": str(report.folder), "sizes": dict(report.sizes), **report.facts})
        return Exit.DONE
    for name, size in report.sizes.items():
        print(f"{size:>12,}  {name}")
    print(f"{sum(report.sizes.values()):>12,}  bytes in {report.folder}")
    for name, value in report.facts.items():
        print(f"{name.replace('_', ' ')}: {value}")
    return Exit.DONE


def _described(arguments: Namespace) -> ModelRecipe:
    from dataclasses import replace

    from polyvox.train.recipe import ModelRecipe, read_section

    if arguments.recipe:
        described = read_section(arguments.recipe, "model", ModelRecipe)
    else:
        described = ModelRecipe(name=arguments.model.resolve().name, version="1", licence="unknown")
    return replace(
        described,
        name=arguments.name or described.name,
        licence=arguments.licence or described.licence,
    )
