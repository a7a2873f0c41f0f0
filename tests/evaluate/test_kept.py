from pathlib import Path

import pytest

from polyvox.evaluate.folder import SCORES, SUMMARY
from polyvox.evaluate.kept import Kept, TaskResult
from polyvox.evaluate.vectors import Cost


def result(texts: int) -> TaskResult:
    return TaskResult(SCORES.empty_table(), SUMMARY.empty_table(), (), None, Cost(texts=texts))


def test_a_kill_while_a_task_is_marked_as_done_leaves_the_other_tasks_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept(tmp_path)
    kept.add("first", "same", result(1))

    def half(self: Path, text: str, encoding: str | None = None) -> int:
        self.write_bytes(text[: len(text) // 2].encode())
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", half)
        patched.setattr("polyvox.evaluate.kept.write_failures", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            kept.add("second", "same", result(2))
    assert kept.has("first", "same")
    assert not kept.has("second", "same")
    assert kept.cost().texts == 1
