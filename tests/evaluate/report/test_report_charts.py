"""Figures: well-formed, and where their marks stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lxml import etree
from tests.evaluate.report.made_up import MadeUp, sample

from polyvox.evaluate.folder import Sample
from polyvox.evaluate.map import principal_plane
from polyvox.evaluate.report import compute_report, read_systems
from polyvox.evaluate.report.charts import cost_by_bytes, heat_map, language_dots, vector_map
from polyvox.evaluate.report.results import TestResult as Result
from polyvox.evaluate.report.svg import Scale, ticks

pytest.importorskip("scipy", reason="needs the extra 'evaluate'")
MATRIX = {
    (asked, searched): [1.0, 1.0 if asked == searched else 0.0]
    for asked in ("ar", "en", "sw")
    for searched in ("ar", "en", "sw")
}


def result(root: Path, **changes: object) -> Result:
    made_up = MadeUp()
    for name, value in changes.items():
        setattr(made_up, name, value)
    return compute_report(read_systems([made_up.write(root)]), resamples=50).tests[0]


def parsed(drawing: str) -> etree._Element:
    return etree.fromstring(drawing)


def test_cost_marks_every_width(tmp_path: Path) -> None:
    drawing = parsed(cost_by_bytes(result(tmp_path), ["ours"]))
    marks = drawing.xpath("//circle")
    assert len(marks) == 2
    wide, narrow = (float(mark.get("cx")) for mark in marks)
    assert wide > narrow, "more bytes stand to the right"
    better, worse = (float(mark.get("cy")) for mark in marks)
    assert better < worse, "better stands higher"
    assert "ours at 8 dimensions 0.438" in drawing.findtext("desc", "")


def test_every_language_has_its_mark(tmp_path: Path) -> None:
    found = result(tmp_path)
    drawing = parsed(language_dots(found, found.rows, ["ours"], "All"))
    assert len(drawing.xpath("//circle")) == len(found.rows) == 2
    names = drawing.xpath("//text[@class='label']/text()")
    assert [name.strip("()")[-2:] for name in names] == ["ar", "sw"]
    first, second = (float(mark.get("cx")) for mark in drawing.xpath("//circle"))
    assert first > second, "0.75 stands to the right of 0.125"


def test_a_matrix_of_languages_becomes_a_heat_map(tmp_path: Path) -> None:
    drawing = parsed(heat_map(result(tmp_path, scores=MATRIX), 0, "ours"))
    squares = [square.get("class") for square in drawing.xpath("//rect")]
    assert len(squares) == 9
    assert squares.count("h8") == 3, "the best are on the diagonal"
    assert squares.count("h4") == 6


def test_pairs_with_one_language_make_no_heat_map(tmp_path: Path) -> None:
    assert heat_map(result(tmp_path), 0, "ours") == ""


def test_the_map_shows_both_kinds_apart() -> None:
    drawing = parsed(vector_map(sample(), "ours"))
    points = {
        kind: [float(point.get("cx")) for point in drawing.xpath(f"//circle[@class='{kind}']")]
        for kind in ("speech", "text")
    }
    assert len(points["speech"]) == len(points["text"]) == 6
    assert max(points["speech"]) < min(points["text"]) or max(points["text"]) < min(points["speech"])
    assert "water <b>" in "".join(drawing.itertext())


def test_a_map_of_one_place_does_not_fail() -> None:
    same = Sample(np.ones((3, 4), np.float32), *(np.array(["text"] * 3) for _ in range(3)))
    assert len(parsed(vector_map(same, "ours")).xpath("//circle")) == 3


def test_the_plane_keeps_distances_of_points_that_lie_in_one() -> None:
    generator = np.random.default_rng(1)
    flat = generator.normal(size=(20, 2)) @ np.linalg.qr(generator.normal(size=(8, 2)))[0].T + 5
    plane = principal_plane(flat.astype(np.float32))
    distances = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    shown = np.linalg.norm(plane.points[:, None] - plane.points[None], axis=-1)
    np.testing.assert_allclose(shown, distances, atol=1e-4)
    assert sum(plane.explained) == pytest.approx(1)


def test_the_plane_does_not_flip_and_takes_few_points() -> None:
    vectors = np.random.default_rng(2).normal(size=(30, 5)).astype(np.float32)
    np.testing.assert_allclose(principal_plane(vectors).points, principal_plane(vectors).points)
    assert principal_plane(vectors[:1]).points.tolist() == [[0, 0]]
    assert principal_plane(vectors[:0]).points.shape == (0, 2)


def test_scales_and_ticks() -> None:
    assert Scale(0, 0, 10, 20)(0) == 10
    assert ticks(0, 1) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(0, 0.05) == [0.0, 0.01, 0.02, 0.03, 0.04, 0.05]
    assert ticks(-1, 1, 4) == [-1.0, -0.5, 0.0, 0.5, 1.0]
