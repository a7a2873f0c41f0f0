"""Every built-in declaration of text against a small fixture in the format that its source publishes."""

import gzip
import json
import lzma
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.evaluate.readers.fixtures import found, read_all, tabs, texts, write

from polyvox.errors import PolyvoxError
from polyvox.evaluate.declaration import built_in_tasks
from polyvox.evaluate.problem import MIXED, Pairs
from polyvox.evaluate.readers import problems


def test_mkqa(tmp_path: Path) -> None:
    row = {
        "example_id": 563260143484355911,
        "query": "who sings rain",
        "queries": {"en": "who sings rain", "ja": "雨を歌うのは誰", "zh_hk": "邊個唱雨"},
        "answers": {"en": [{"type": "entity", "text": "X", "entity": "Q1", "aliases": []}]},
    }
    (tmp_path / "mkqa").mkdir()
    with gzip.open(tmp_path / "mkqa" / "mkqa.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    assert {"text→text ja→en", "text→text en→zh-HK"} <= set(found("mkqa", tmp_path))


def test_ntrex_lines(tmp_path: Path) -> None:
    folder = tmp_path / "ntrex" / "NTREX-128"
    write(folder / "newstest2019-src.eng.txt", "Rain.", "Sun.")
    write(folder / "newstest2019-ref.swa.txt", "Mvua.", "Jua.")
    write(folder / "newstest2019-ref.srp_Latn.txt", "Kiša.", "Sunce.")
    problem = found("ntrex", tmp_path)["text→text sw→en"]
    assert [dict(query.wanted) for query in problem.queries] == [{"Rain.": 1}, {"Sun.": 1}]
    assert "text→text sr-Latn→en" in found("ntrex", tmp_path)


def test_flores_plus_json_lines_and_parquet(tmp_path: Path) -> None:
    folder = tmp_path / "flores" / "devtest"
    rest = {
        "iso_639_3": "swh",
        "iso_15924": "Latn",
        "glottocode": "swah1253",
        "url": "",
        "domain": "wikinews",
    }
    write(folder / "swh_Latn.jsonl", json.dumps({"id": 0, "text": "Mvua.", **rest}))
    pq.write_table(pa.Table.from_pylist([{"id": 0, "text": "Rain.", **rest}]), folder / "eng_Latn.parquet")
    [name] = [name for name in found("flores", tmp_path) if name.endswith("→en")]
    assert texts(found("flores", tmp_path)[name]) == ["Rain."]


def miracl(data: Path, last_qrel: str) -> None:
    topics = data / "miracl" / "miracl-v1.0-sw"
    write(topics / "topics" / "topics.miracl-v1.0-sw-dev.tsv", tabs("1#0", "Mvua ni nini?"))
    write(
        topics / "qrels" / "qrels.miracl-v1.0-sw-dev.tsv",
        tabs("1#0", "Q0", "10#0", "1"),
        tabs("1#0", "Q0", "11#0", "0"),
        last_qrel,
    )
    corpus = data / "miracl" / "miracl-corpus-v1.0-sw"
    corpus.mkdir()
    with gzip.open(corpus / "docs-0.jsonl.gz", "wt", encoding="utf-8") as file:
        for identity, text in [("10#0", "Ni maji."), ("11#0", "Ni moto."), ("12#0", "Ni maji.")]:
            file.write(json.dumps({"docid": identity, "title": "Mvua", "text": text}) + "\n")


def test_miracl_with_a_copy_of_the_relevant_passage(tmp_path: Path) -> None:
    miracl(tmp_path, tabs("1#0", "Q0", "99#0", "1"))
    problem = found("miracl", tmp_path)["text→text sw→sw"]
    assert texts(problem) == ["Mvua Ni maji.", "Mvua Ni moto."]
    assert dict(problem.queries[0].wanted) == {"Mvua Ni maji.": 1, "not in the pool: 99#0": 1}


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    miracl(tmp_path, tabs("1#0", "Q0", "99#0"))
    with pytest.raises(PolyvoxError, match=r"qrels\.miracl-v1\.0-sw-dev\.tsv, line 3: has 3 of 4 columns"):
        found("miracl", tmp_path)


def test_mr_tydi(tmp_path: Path) -> None:
    folder = tmp_path / "mr-tydi" / "mrtydi-v1.1-swahili"
    write(folder / "topic.test.tsv", tabs("0", "Mvua ni nini?"))
    write(folder / "qrels.test.txt", "0 Q0 5#0 1")
    write(folder / "collection" / "docs.jsonl", json.dumps({"id": "5#0", "contents": "Mvua\n\nNi maji."}))
    problem = found("mr-tydi", tmp_path)["text→text sw→sw"]
    assert dict(problem.queries[0].wanted) == {"Mvua\n\nNi maji.": 1}


def test_xor_retrieve_has_answers_and_no_judgements(tmp_path: Path) -> None:
    row = {"id": 7, "lang": "ja", "question": "首都は?", "answers": ["Tokyo"], "split": "dev"}
    folder = tmp_path / "xor-retrieve"
    write(folder / "xor_dev_retrieve_eng_span_v1_1.jsonl", json.dumps(row))
    write(folder / "psgs_w100.tsv", tabs("id", "text", "title"), tabs("1", "It is Tokyo.", "Japan"))
    problem = found("xor-retrieve", tmp_path)["text→text ja→en"]
    assert problem.queries[0].answers == ("Tokyo",)
    assert texts(problem) == ["Japan It is Tokyo."]


def test_clirudit(tmp_path: Path) -> None:
    folder = tmp_path / "clirudit"
    tables = {
        "docs/fr.test-00000-of-00001.parquet": {"doc_id": "d1", "text": "La pluie"},
        "queries/en.test-00000-of-00001.parquet": {"query_id": "q1", "query": "rain, water, sky"},
        "qrels/fr.test-00000-of-00001.parquet": {"query_id": "q1", "doc_id": "d1", "score": 1},
    }
    for name, row in tables.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([row]), folder / name)
    problem = found("clirudit", tmp_path)["text→text en→fr"]
    assert dict(problem.queries[0].wanted) == {"La pluie": 1}


def test_sts_benchmark(tmp_path: Path) -> None:
    row = tabs("main-news", "MSRpar", "2012test", "0001", "4.4", "It rains.", "Rain falls.")
    write(tmp_path / "stsbenchmark" / "sts-test.csv", row)
    [pairs] = read_all("sts-benchmark", tmp_path)
    assert isinstance(pairs, Pairs)
    assert (pairs.pairs[0].score, pairs.pairs[0].second.text) == (4.4, "Rain falls.")


def massive(data: Path) -> None:
    rows = [
        {
            "id": str(n),
            "locale": "sw-KE",
            "partition": part,
            "scenario": "s",
            "intent": intent,
            "utt": f"{intent} {n}",
        }
        for n, (part, intent) in enumerate(
            [("train", "weather_query"), ("train", "alarm_set")] * 5
            + [("test", "weather_query"), ("test", "alarm_set")]
        )
    ]
    write(data / "massive" / "sw-KE.jsonl", *(json.dumps(row) for row in rows))


def test_intents_without_and_with_examples(tmp_path: Path) -> None:
    massive(tmp_path)
    bare = found("massive-intent-zero-shot", tmp_path)["text→text sw→en"]
    assert [document.content.text for document in bare.documents] == ["alarm set", "weather query"]
    assert [query.content.text for query in bare.queries] == ["weather_query 10", "alarm_set 11"]
    few = found("massive-intent-few-shot", tmp_path)["text→text sw→sw"]
    assert [len(document.examples) for document in few.documents] == [5, 5]
    assert few.note == "2 classes, 5 examples each"


def test_a_class_that_only_training_has_is_in_the_pool_and_too_small_for_examples(tmp_path: Path) -> None:
    massive(tmp_path)
    path = tmp_path / "massive" / "sw-KE.jsonl"
    rare = [
        {"id": f"r{n}", "locale": "sw-KE", "scenario": "s", "intent": "rare", "utt": f"r{n}"} for n in (1, 2)
    ]
    parts = zip(rare, ("train", "test"), strict=True)
    lines = [json.dumps(row | {"partition": part}) for row, part in parts]
    path.write_text("\n".join([path.read_text(encoding="utf-8").rstrip(), lines[0]]) + "\n", encoding="utf-8")
    bare = found("massive-intent-zero-shot", tmp_path)["text→text sw→en"]
    assert [document.label for document in bare.documents] == ["alarm_set", "rare", "weather_query"]
    assert len(bare.queries) == 2
    path.write_text(path.read_text(encoding="utf-8") + lines[1] + "\n", encoding="utf-8")
    few = found("massive-intent-few-shot", tmp_path)["text→text sw→sw"]
    assert len(few.queries) == 2
    assert few.note == "2 classes, 5 examples each, 1 queries of classes with too few left out"


def xquad(data: Path, language: str, first: str, second: str) -> None:
    paragraph = {
        "context": f"{first} {second}",
        "sentences": [first, second],
        "sentence_breaks": [[0, len(first)], [len(first) + 1, len(first) + 1 + len(second)]],
        "qas": [
            {
                "id": "a",
                "question": f"{language}?",
                "answers": [{"answer_start": len(first) + 2, "text": "x"}],
            }
        ],
    }
    article = {"title": "Rain", "paragraphs": [paragraph]}
    (data / "text" / "xquad-r").mkdir(parents=True, exist_ok=True)
    with lzma.open(data / "text" / "xquad-r" / f"{language}.json.xz", "wt", encoding="utf-8") as file:
        json.dump({"data": [article], "version": "1.1"}, file)


def test_xquad_r_in_its_three_pools(tmp_path: Path) -> None:
    xquad(tmp_path, "en", "It rains.", "It pours.")
    xquad(tmp_path, "de", "Es regnet.", "Es gießt.")
    own = found("xquad-r", tmp_path)["text→text de→de"]
    assert dict(own.queries[0].wanted) == {"Es gießt.": 1}
    mixed = found("xquad-r-mixed", tmp_path)[f"text→text de→{MIXED}"]
    assert len(mixed.documents) == 4
    assert dict(mixed.queries[0].wanted) == {"Es gießt.": 1, "It pours.": 1}
    assert set(found("xquad-r-english", tmp_path)) == {f"text→text de→{MIXED}"}


def test_afriqa_pools_every_passage_of_the_pivot_language(tmp_path: Path) -> None:
    folder = tmp_path / "text" / "afriqa"
    for split, number in (("test", 1), ("train", 2)):
        row = {"title": "Rain", "context": f"Text {number}.", "id": "0", "question_lang": "Mvua?"}
        write(folder / f"gold_passages_swa_gold_span_passages.afriqa.swa.en.{split}.json", json.dumps(row))
    problem = found("afriqa", tmp_path)["text→text sw→en"]
    assert sorted(texts(problem)) == ["Rain. Text 1.", "Rain. Text 2."]
    assert dict(problem.queries[0].wanted) == {"Rain. Text 1.": 1}


def test_missing_data_says_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match=r"there is no .*fleurs\. Get it from https://.*--data"):
        found("fleurs", tmp_path)


def test_an_unknown_language_asks_for_its_tag(tmp_path: Path) -> None:
    write(tmp_path / "ntrex" / "NTREX-128" / "newstest2019-src.not a tag.txt", "x")
    with pytest.raises(PolyvoxError, match=r"say under \[rename\] what it is"):
        found("ntrex", tmp_path)


def test_an_unknown_reader_names_those_there_are(tmp_path: Path) -> None:
    task = replace(built_in_tasks()["tatoeba"], reader="row", path=".")
    with pytest.raises(PolyvoxError, match="there is no reader 'row'; there are: rows"):
        list(problems(task, tmp_path))
