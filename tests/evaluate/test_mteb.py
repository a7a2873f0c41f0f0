"""Our models in mteb and mteb's tasks here, on mteb's own tasks of a few rows, offline."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tests.evaluate.toy import WordEncoder

from polyvox.errors import PolyvoxError
from polyvox.evaluate.declaration import find_tasks
from polyvox.evaluate.measure import Measuring, Settings
from polyvox.evaluate.metrics import metric
from polyvox.evaluate.mteb_model import MtebModel
from polyvox.evaluate.readers.mteb import problems_of, read
from polyvox.evaluate.run import measure_task

mteb = pytest.importorskip("mteb", reason="needs the extra mteb")


@pytest.fixture
def retrieval() -> object:
    from mteb.mocks.mock_tasks import MockRetrievalTask

    task = MockRetrievalTask()
    task.load_data()
    return task


class Rows(dict[str, list[str]]):
    """A data set's columns."""

    @property
    def column_names(self) -> list[str]:
        return list(self)


@pytest.fixture
def bitext() -> object:
    from mteb.mocks.mock_tasks import MockBitextMiningTask

    task = MockBitextMiningTask()
    task.load_data()
    return task


def here(task: object, *names: str) -> dict[str, float]:
    declared = find_tasks(["mteb:Mock"])[0]
    measuring = Measuring(declared, "mock", [metric(name) for name in names], Settings())
    rows = measure_task(WordEncoder(), measuring, problems_of(task)).summary.to_pylist()
    return {row["metric"]: row["value"] for row in rows if row["tie"] == "pessimistic"}


def test_a_retrieval_task_scores_the_same_in_both(retrieval: object) -> None:
    theirs = retrieval.evaluate(MtebModel(WordEncoder()), split="test", encode_kwargs={})  # type: ignore[attr-defined]
    ours = here(retrieval, "nDCG@10", "R@1", "MRR@10")
    assert ours["nDCG@10"] == pytest.approx(theirs["default"]["ndcg_at_10"], abs=1e-4)
    assert ours["R@1"] == pytest.approx(theirs["default"]["recall_at_1"], abs=1e-4)


def test_a_bitext_task_scores_the_same_in_both(bitext: object) -> None:
    theirs = bitext.evaluate(MtebModel(WordEncoder()), split="test", encode_kwargs={})  # type: ignore[attr-defined]
    assert here(bitext, "Hits@1")["Hits@1"] == pytest.approx(theirs["default"]["accuracy"], abs=1e-4)


def test_a_sentence_that_is_asked_twice_wants_both_answers() -> None:
    rows = Rows({"sentence1": ["hi", "hi"], "sentence2": ["salut", "bonjour"]})
    metadata = SimpleNamespace(
        hf_subsets_to_langscripts={"default": ["eng-Latn", "fra-Latn"]}, eval_splits=["test"]
    )
    there, back = problems_of(SimpleNamespace(metadata=metadata, dataset={"test": rows}))
    assert [set(query.wanted) for query in there.queries] == [{"salut", "bonjour"}] * 2
    assert [set(query.wanted) for query in back.queries] == [{"hi"}] * 2


def test_vectors_do_not_depend_on_the_batches() -> None:
    def batches(size: int) -> Iterator[dict[str, list[str]]]:
        texts = ["rain", "sun", "snow"]
        for start in range(0, 3, size):
            yield {"text": texts[start : start + size]}

    told = {"task_metadata": None, "hf_split": "test", "hf_subset": "default"}
    model = MtebModel(WordEncoder())
    one, two = (model.encode(batches(size), **told) for size in (1, 2))  # type: ignore[arg-type]
    np.testing.assert_array_equal(one, two)
    assert model.mteb_model_meta.name == "polyvox/toy"
    whole, pairwise = model.similarity(one, two), model.similarity_pairwise(one, two)
    np.testing.assert_allclose(whole.diagonal(), pairwise, rtol=1e-6)


def test_recordings_of_another_rate_are_heard() -> None:
    batch = {"audio": [{"array": np.full(4_410, 0.5), "sampling_rate": 44_100}]}
    heard = MtebModel(WordEncoder(hears=True)).encode([batch], task_metadata=None, hf_split="", hf_subset="")
    np.testing.assert_array_equal(heard[0], WordEncoder(hears=True).encode_text(["1600"])[0])


def test_a_task_that_mteb_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="mteb cannot load 'NoSuchTask'"):
        list(read(find_tasks(["mteb:NoSuchTask"])[0], tmp_path))
