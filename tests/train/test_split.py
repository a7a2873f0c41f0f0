from polyvox.train.split import Part, meaning, part_of


def test_one_meaning_has_one_part_in_every_set() -> None:
    assert meaning("geography/asia/iran") == meaning("geography/iran") == "iran"
    assert meaning("{17}", translation="Orange.") == meaning("colors/orange") == meaning("words/orange")
    assert meaning("3", transcript="3") == meaning("{9}", translation="three") == "three"


def test_shares_are_close_to_what_they_should_be() -> None:
    parts = [part_of(f"meaning {number}") for number in range(10_000)]
    assert abs(parts.count(Part.TEST) / 10_000 - 0.30) < 0.02
    assert abs(parts.count(Part.DEVELOPMENT) / 10_000 - 0.03) < 0.01


def test_the_split_is_the_one_that_the_shipped_model_was_trained_with() -> None:
    assert [str(part_of(word)) for word in ("alligator", "anchor", "angel", "red", "seven")] == FIXED


FIXED = ["train", "test", "test", "train", "train"]
