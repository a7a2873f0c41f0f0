"""One table of what each stage bought."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polyvox.modules.heads.learned_query import Pooling
from polyvox.train.markdown_table import markdown
from polyvox.train.sonar.folders import BEGIN, FIGURES
from polyvox.train.sonar.recipe import Recipe

Figures = Mapping[str, Any]
_BESIDE: Mapping[str, str] = {
    "control": "shuffled",
    **{pooling.value: f"pooled by {pooling}" for pooling in Pooling},
}
"""What stands below the rows of the speech stage, by its name in the figures."""


def write_table(recipe: Recipe, out: Path, path: Path) -> str:
    """Write the tables of a run as Markdown, and return them."""
    stages = [BEGIN, *(name for name, _ in recipe.stages())]
    found = {name: _figures(out / name) for name in stages}
    parts = [
        _mining({name: one for name, one in found.items() if "mining" in one}, recipe),
        _written({name: one for name, one in found.items() if "written" in one}),
        _drift({name: one for name, one in found.items() if "drift" in one}),
        _speech(found.get("speech", {})),
        _spectrum(found.get("spectrum", {})),
    ]
    text = "\n".join(part for part in parts if part)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
    return text


def _figures(folder: Path) -> Figures:
    path = folder / FIGURES
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _mining(found: Mapping[str, Figures], recipe: Recipe) -> str:
    """Xsim / xsim++ by stage and language, in percent, for each test set."""
    parts = []
    steps = {name: section.pace.steps for name, section in recipe.stages()}
    for test in dict.fromkeys(test for one in found.values() for test in one["mining"]):
        languages = list(dict.fromkeys(tag for one in found.values() for tag in one["mining"][test]))
        rows = []
        for name, one in found.items():
            cells = [_rates(one["mining"][test].get(language)) for language in languages]
            base = [one["mining"][test][tag] for tag in recipe.text.languages if tag in one["mining"][test]]
            mean = {key: sum(each[key] for each in base) / len(base) for key in ("xsim", "xsim++")}
            spent = f"{steps.get(name, 0)} / {one['seconds'] / 60:.1f}"
            rows.append([name, spent, *cells, f"**{_rates(mean)}**"])
        sizes = _sizes(list(found.values())[-1]["mining"][test])
        heads = ["stage", "steps / processor minutes", *languages, "mean of the first languages"]
        parts.append(f"{test}, to English: xsim / xsim++, percent wrong. {sizes}\n\n{markdown(heads, rows)}")
    return "\n".join(parts)


def _sizes(found: Mapping[str, Figures]) -> str:
    said = [f"{tag} {one['queries']} in {one['pool']} (+ {one['edits']} edits)" for tag, one in found.items()]
    return f"Queries in texts: {', '.join(said)}."


def _rates(one: Figures | None) -> str:
    return "–" if one is None else f"{100 * one['xsim']:.1f} / {100 * one['xsim++']:.1f}"


def _written(found: Mapping[str, Figures]) -> str:
    if not found:
        return ""
    languages = list(dict.fromkeys(tag for one in found.values() for tag in one["written"]))
    ways = [("to_pivot", "to English"), ("from_pivot", "from English"), ("self", "auto-encoding")]
    rows = [
        [name, said, *(_score(one["written"].get(tag, {}).get(way)) for tag in languages)]
        for name, one in found.items()
        for way, said in ways
    ]
    return f"Decoded held-out texts: chrF / BLEU.\n\n{markdown(['stage', 'way', *languages], rows)}"


def _score(one: Figures | None) -> str:
    return "–" if one is None else f"{one['chrf']:.1f} / {one['bleu']:.1f}"


def _drift(found: Mapping[str, Figures]) -> str:
    if not found:
        return ""
    languages = list(dict.fromkeys(tag for one in found.values() for tag in one["drift"]))
    rows = [[name, *(_moved(one["drift"].get(tag)) for tag in languages)] for name, one in found.items()]
    said = f"How far old vectors moved: mean / largest 1 − cosine.\n\n{markdown(['stage', *languages], rows)}"
    before = [
        f"{language}, {test}: {_rates(rates)} before {name}, {_rates(one['mining'][test][language])} after"
        for name, one in found.items()
        for test, each in one.get("mining_before", {}).items()
        for language, rates in each.items()
    ]
    return f"{said}\nxsim / xsim++ of new languages: {'; '.join(before)}.\n" if before else said


def _moved(one: Figures | None) -> str:
    return "–" if one is None else f"{one['mean']:.4f} / {one['largest']:.4f}"


def _speech(one: Figures) -> str:
    if not one:
        return ""
    keys = [
        "recordings",
        "pool",
        "r@1",
        "r@10",
        "xsim",
        "chrf",
        "chrf_of_text",
        "english_xsim",
        "chrf_english",
    ]
    keys.append("chrf_english_of_text")
    rows = [[tag, *(_number(found.get(key)) for key in keys)] for tag, found in one["languages"].items()]
    for name in _BESIDE:
        for tag, found in one.get(name, {}).items():
            rows.append([f"{tag}, {_BESIDE[name]}", *(_number(found.get(key)) for key in keys)])
    heads = ["language", *keys]
    return f"Speech, trained on {one['trained_on']} recordings.\n\n{markdown(heads, rows)}"


def _spectrum(one: Figures) -> str:
    if not one:
        return ""
    rows = [
        [tag, *(_answered(found.get(question)) for question in ("source", "next"))]
        for tag, found in one["languages"].items()
    ]
    heads = ["language", "source of a sentence", "which sentence comes next"]
    return f"Spectrum, trained on English vectors: right / always the same answer.\n\n{markdown(heads, rows)}"


def _answered(one: Figures | None) -> str:
    if not one:
        return "–"
    return f"{one['accuracy']:.3f} / {one['constant']:.3f} of {one['questions']:.0f}"


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value}" if isinstance(value, int) else f"{value:.3f}" if value <= 1 else f"{value:.1f}"
