"""Which orders each kind of recipe takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.kinds import KINDS, Order, carry_out


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    orders: list[Order] = []

    def work(order: Order) -> int:
        orders.append(order)
        return 0

    for name, kind in list(KINDS.items()):
        monkeypatch.setitem(KINDS, name, kind._replace(work=work))
    return orders


def recipe(folder: Path, kind: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(f'kind = "{kind}"\n', encoding="utf-8")
    return folder


@pytest.mark.parametrize("kind", list(KINDS))
def test_orders_that_a_kind_cannot_carry_out_are_refused(
    kind: str, taken: list[Order], tmp_path: Path
) -> None:
    asked = {
        "control": (not KINDS[kind].instead, f"--control does nothing for recipes of the kind {kind}: "),
        "variants": (KINDS[kind].variants, "--variants is for recipes of the kinds speech, clasp; this one"),
    }
    for option, (known, message) in asked.items():
        order = Order(recipe(tmp_path, kind), tmp_path, tmp_path / "run", **{option: True})
        if known:
            assert carry_out(order) == 0
            assert taken[-1] is order
            continue
        with pytest.raises(PolyvoxError, match=message):
            carry_out(order)
    assert carry_out(Order(tmp_path, tmp_path, tmp_path / "run")) == 0
