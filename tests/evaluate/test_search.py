import numpy as np

from polyvox.evaluate import search as module
from polyvox.evaluate.search import Found, Tie, nearest, put_last, relevant_pairs, search


def ranked(scores: list[list[float]], wanted: list[set[str]], labels: list[str]) -> Found:
    """Documents are the axes of the space, so that a query's coordinates are its scores."""
    documents = np.eye(len(labels), dtype=np.float32)
    relevant = relevant_pairs([dict.fromkeys(one, 1) for one in wanted], labels)
    return search(np.array(scores, np.float32), documents, relevant)


def test_a_tie_counts_against_and_for_the_model() -> None:
    found = ranked([[0.5, 0.9, 0.5, 0.5]], [{"a"}], ["a", "b", "c", "d"])
    assert found.ranks(Tie.PESSIMISTIC).tolist() == [4]
    assert found.ranks(Tie.OPTIMISTIC).tolist() == [2]


def test_every_relevant_document_has_its_rank() -> None:
    found = ranked([[0.1, 0.9, 0.5, 0.7]], [{"a", "b", "c"}], ["a", "b", "c", "d"])
    assert found.document.tolist() == [1, 2, 0]
    assert found.ranks(Tie.PESSIMISTIC).tolist() == [1, 3, 4]


def test_documents_with_one_label_are_right_together() -> None:
    found = ranked([[0.9, 0.5, 0.8]], [{"a"}], ["b", "a", "a"])
    assert found.ranks(Tie.PESSIMISTIC).tolist() == [2, 3]
    assert found.total.tolist() == [2]


def test_a_wanted_label_that_the_pool_lacks_is_counted_and_missed() -> None:
    found = ranked([[0.9, 0.1], [0.2, 0.3]], [{"a", "gone"}, set()], ["a", "b"])
    assert found.total.tolist() == [2, 0]
    assert found.first_ranks(Tie.PESSIMISTIC).tolist() == [1.0, np.inf]


def test_the_first_documents_come_best_first_and_in_pool_order_among_equals() -> None:
    found = ranked([[0.5, 0.9, 0.5, 0.1]], [set()], ["a", "b", "c", "d"])
    assert found.top.tolist() == [[1, 0, 2, 3]]
    np.testing.assert_allclose(found.top_scores, [[0.9, 0.5, 0.5, 0.1]])


def test_what_has_no_vector_comes_last_by_either_rule() -> None:
    scores = [[0.0, 0.0, 0.0], [-0.1, 0.0, -0.2]]
    found = ranked(scores, [{"a"}, {"a", "b"}], ["a", "b", "c"])
    assert found.ranks(Tie.OPTIMISTIC).tolist() == [1, 1, 2]
    last = put_last(found, np.array([True, False]), np.array([False, True, False]))
    for tie in Tie:
        assert last.ranks(tie).tolist() == [3, 1, 3]
    assert last.document.tolist() == [0, 0, 1]


def test_blocks_change_nothing() -> None:
    random = np.random.default_rng(3)
    queries = random.standard_normal((37, 8)).astype(np.float32)
    documents = random.standard_normal((101, 8)).astype(np.float32)
    documents[50:60] = documents[:10]
    labels = [str(place % 40) for place in range(101)]
    relevant = relevant_pairs([{str(row): 1} for row in range(37)], labels)
    whole = search(queries, documents, relevant, 30)
    sizes = module.QUERY_BLOCK, module.DOCUMENT_BLOCK
    try:
        module.QUERY_BLOCK, module.DOCUMENT_BLOCK = 5, 16
        parts = search(queries, documents, relevant, 30)
    finally:
        module.QUERY_BLOCK, module.DOCUMENT_BLOCK = sizes
    for tie in Tie:
        assert parts.ranks(tie).tolist() == whole.ranks(tie).tolist()
    np.testing.assert_allclose(parts.top_scores, whole.top_scores, rtol=1e-5)


def test_ranks_agree_with_a_full_sort() -> None:
    random = np.random.default_rng(4)
    queries = random.standard_normal((20, 6)).astype(np.float32)
    documents = random.standard_normal((300, 6)).astype(np.float32)
    relevant = relevant_pairs([{str(row): 1} for row in range(20)], [str(place) for place in range(300)])
    found = search(queries, documents, relevant)
    order = np.argsort(-(queries @ documents.T), axis=1)
    assert found.ranks(Tie.PESSIMISTIC).tolist() == [1 + order[row].tolist().index(row) for row in range(20)]
    assert found.top.tolist() == order[:, :10].tolist()


def test_a_few_and_many_of_the_first_agree() -> None:
    random = np.random.default_rng(5)
    queries = random.standard_normal((9, 4)).astype(np.float32)
    documents = random.standard_normal((200, 4)).astype(np.float32)
    few, _ = nearest(queries, documents, 10)
    many, _ = nearest(queries, documents, 100)
    assert few.tolist() == many[:, :10].tolist()
