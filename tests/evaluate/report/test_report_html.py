"""The page: whole, safe, offline, readable in every direction."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from lxml import html
from tests.evaluate.report.made_up import MadeUp, failure

from polyvox.cli import main
from polyvox.evaluate.report import Sounds, compute_report, html_report, markdown_report, read_systems

pytest.importorskip("scipy", reason="needs the extra 'evaluate'")
SAMPLES = Path(__file__).parents[3] / "src/polyvox/samples/queries"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluations")
    MadeUp(failures=[failure("en.ogg"), failure("gone.ogg")]).write(folder)
    MadeUp(name="<script>alert(1)</script>", fingerprint="f" * 16).write(folder)
    return folder


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return html_report(compute_report(read_systems([root]), resamples=100), Sounds((SAMPLES,)))


def test_nothing_outside_the_page_is_asked_for(page: str) -> None:
    tree = html.document_fromstring(page)
    addresses = [str(value) for value in tree.xpath("//@src | //@href | //@srcset | //@action | //@data")]
    assert addresses
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "url(" not in page
    assert "@import" not in page
    assert not tree.xpath("//link | //iframe | //object | //embed | //img")


def test_the_policy_allows_this_style_and_script_alone(page: str) -> None:
    tree = html.document_fromstring(page)
    policy = str(tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0])
    assert policy.startswith("default-src 'none'")
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not tree.xpath("//@style | //@onclick | //@onload"), "the policy would ignore these"


def test_names_and_texts_are_shown_and_never_run(page: str) -> None:
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "clean &lt;water&gt; &amp; more" in page


def test_every_part_is_there_and_linked(page: str) -> None:
    tree = html.document_fromstring(page)
    links = [str(link) for link in tree.xpath("//nav//a/@href")]
    assert links == ["#systems", "#summary", "#test0", "#test1", "#map", "#failures", "#methods"]
    assert all(tree.xpath(f"//section[@id='{link[1:]}']/h2") for link in links)


def test_figures_have_words_for_those_who_do_not_see_them(page: str) -> None:
    tree = html.document_fromstring(page)
    drawings = tree.xpath("//svg[@role='img']")
    assert len(drawings) >= 6
    for drawing in drawings:
        named = str(drawing.get("aria-labelledby")).split()
        assert [drawing.get_element_by_id(name).text_content() != "" for name in named] == [True, True]
    assert len(set(tree.xpath("//svg//title/@id"))) == len(tree.xpath("//svg//title/@id"))


def test_wide_tables_are_reached_by_keyboard(page: str) -> None:
    tree = html.document_fromstring(page)
    for table in tree.xpath("//table"):
        around = table.getparent()
        assert around.get("tabindex") == "0"
        assert around.get("aria-label")
        assert table.xpath(".//thead//th[@scope='col']")


def test_right_to_left_texts_keep_their_direction(page: str) -> None:
    tree = html.document_fromstring(page)
    (words,) = {(w.get("dir"), w.get("lang")) for w in tree.xpath("//bdi[text()='ماء نظيف']")}
    assert words == ("auto", "ar")


def test_recordings_are_inside_or_said_to_be_left_out(page: str) -> None:
    tree = html.document_fromstring(page)
    sources = {str(source) for source in tree.xpath("//audio/@src")}
    (source,) = sources
    kind, _, content = source.partition(",")
    assert kind == "data:audio/ogg;base64"
    assert b64decode(content) == (SAMPLES / "en.ogg").read_bytes()
    assert "Recording left out: the recording is not there." in page


def test_numbers_are_those_of_the_folder(page: str) -> None:
    tree = html.document_fromstring(page)
    table = tree.get_element_by_id("languages0")
    row = [" ".join(cell.text_content().split()) for cell in table.xpath(".//tbody/tr[1]/td")]
    assert row[2:4] == ["50", "4"]
    assert row[4].startswith(("0.750[", "0.750 ["))


def test_markdown_tells_the_same(root: Path) -> None:
    text = markdown_report(compute_report(read_systems([root]), resamples=100))
    assert "| words: text → text, to English | R@1 | 2 | 12 | 0.438 [" in text
    assert "0.125 [" in text
    assert "(0.375)" in text, "the score with ties won"
    assert "| ماء نظيف |" in text
    assert "Holm" in text
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.count(" | ") >= 1 for line in lines)


def test_the_verb_writes_both(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, markdown = tmp_path / "made" / "report.html", tmp_path / "report.md"
    code = main(["report", str(root), "--out", str(out), "--markdown", str(markdown), "--resamples", "50"])
    assert code == 0
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert markdown.read_text(encoding="utf-8").startswith("# Evaluation of")
    assert "report.html" in capsys.readouterr().out


def test_the_verb_says_what_is_missing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(root)]) == 2
    assert "--out report.html" in capsys.readouterr().err
    assert main(["report", str(tmp_path), "--markdown", str(tmp_path / "r.md")]) == 3
    assert "holds no evaluation" in capsys.readouterr().err


def test_notes_are_told_in_words(root: Path, page: str) -> None:
    rows = html.document_fromstring(page).get_element_by_id("languages0").xpath(".//tbody/tr/td[1]")
    assert ["(1)" in row.text_content() for row in rows] == [False, True]
    assert "(1) one recording was unreadable" in page
    assert "(1) one recording was unreadable" in markdown_report(compute_report(read_systems([root])))
