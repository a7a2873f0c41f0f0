from dataclasses import replace

from polyvox.evaluate.declaration import Direction, Pool, Relevance, built_in_tasks
from polyvox.evaluate.parallel import Unit, parallel_problems
from polyvox.evaluate.problem import MIXED, Content, Problem
from polyvox.item import Modality

TASK = built_in_tasks()["tatoeba"]


def problems(
    units: list[Unit], *directions: str, pool: Pool = Pool.ALL, relevance: str = "text"
) -> list[Problem]:
    ways = tuple(Direction.parse(one) for one in directions)
    task = replace(TASK, directions=ways, pool=pool, relevance=Relevance(relevance))
    return list(parallel_problems(task, units))


def unit(name: str, **texts: str) -> Unit:
    return Unit(name, tuple(Content(text, language=tag) for tag, text in texts.items()))


RAIN, SUN, ONLY = unit("1", sw="mvua", en="rain"), unit("2", sw="jua", en="sun"), unit("3", en="snow")


def test_each_language_finds_english() -> None:
    [found] = problems([RAIN, SUN, ONLY], "text:* → text:en")
    assert found.name == "text→text sw→en"
    assert [query.content.text for query in found.queries] == ["mvua", "jua"]
    assert [dict(query.wanted) for query in found.queries] == [{"rain": 1}, {"sun": 1}]
    assert [document.label for document in found.documents] == ["rain", "sun", "snow"]


def test_a_pool_of_pairs_leaves_out_what_translates_nothing() -> None:
    [found] = problems([RAIN, SUN, ONLY], "text:* → text:en", pool=Pool.PAIRS)
    assert [document.label for document in found.documents] == ["rain", "sun"]


def test_a_text_is_in_the_pool_once_and_equal_questions_want_each_others_answers() -> None:
    again = unit("4", sw="mvua", en="a rain")
    copy = unit("5", sw="nyesha", en="rain")
    [found] = problems([RAIN, again, copy], "text:sw → text:en")
    assert [document.label for document in found.documents] == ["rain", "a rain"]
    assert [dict(query.wanted) for query in found.queries] == [
        {"rain": 1, "a rain": 1},
        {"rain": 1, "a rain": 1},
        {"rain": 1},
    ]
    assert found.note == "1 repeated texts are in the pool once"


def test_normalised_texts_are_one() -> None:
    [found] = problems(
        [RAIN, unit("2", sw="manyunyu", en="Rain!")], "text:sw → text:en", relevance="normalised text"
    )
    assert [document.label for document in found.documents] == ["rain"]


def test_speech_is_judged_by_meaning_and_every_recording_is_in_the_pool() -> None:
    voices = tuple(Content("", bytes([n]), tag) for n, tag in enumerate(["sw", "sw", "en"]))
    rain = Unit("rain", (Content("rain", language="en"), *voices))
    same, others = problems([rain], "text:en → speech:sw", "speech:* → speech:others")[:2]
    assert [document.label for document in same.documents] == ["meaning rain"] * 2
    assert dict(same.queries[0].wanted) == {"meaning rain": 1}
    assert others.document_language == MIXED
    assert {document.content.language for document in others.documents} == {"sw"}
    assert others.query_modality is Modality.SPEECH


def test_a_unit_that_is_not_asked_only_fills_the_pool() -> None:
    filler = Unit("9", SUN.contents, asked=False)
    [found] = problems([RAIN, filler], "text:sw → text:en")
    assert [query.content.text for query in found.queries] == ["mvua"]
    assert len(found.documents) == 2


def test_a_synthetic_negative_is_never_a_query() -> None:
    negative = Unit("n", (Content("two rains", language="en"),), kind="number")
    [found] = problems([RAIN, SUN, negative], "text:sw → text:en", pool=Pool.PAIRS)
    assert [document.kind for document in found.documents] == ["", "", "number"]
    assert len(found.queries) == 2
