"""Two processes of a CPU train what one trains on batches of twice the size."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("accelerate", reason="needs the extra 'train'")

from polyvox.train.losses.frozen_contrastive import frozen_contrastive  # noqa: E402

from .conftest import MakeRecipe  # noqa: E402

GATHERED = """
import sys, torch
torch.set_num_threads(1)
from polyvox.train.losses.frozen_contrastive import frozen_contrastive
torch.distributed.init_process_group("gloo")
rank = torch.distributed.get_rank()
generator = torch.Generator().manual_seed(0)
vectors = torch.randn(6, 4, generator=generator)[3 * rank : 3 * rank + 3].requires_grad_()
targets = torch.nn.functional.normalize(torch.randn(6, 4, generator=generator), dim=1)
targets = targets[3 * rank : 3 * rank + 3]
loss = frozen_contrastive(vectors, targets, scale=5.0, gather=True)
loss.backward()
torch.save((loss.detach(), vectors.grad), sys.argv[1] + f"/{rank}.pt")
"""


def launched(*command: str) -> list[tuple[int, str]]:
    """Two processes with what launchers tell theirs; exit codes and what they said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "OMP_NUM_THREADS": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    shared |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    processes = [
        subprocess.Popen(
            [sys.executable, *command],
            env={**shared, "RANK": rank, "LOCAL_RANK": rank},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    try:
        said = [process.communicate(timeout=600)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


def test_negatives_come_from_all_processes(tmp_path: Path) -> None:
    """The mean gradient of the processes is the gradient of one batch that holds all rows."""
    (tmp_path / "gathered.py").write_text(GATHERED)
    done = launched(str(tmp_path / "gathered.py"), str(tmp_path))
    assert [code for code, _ in done] == [0, 0], done
    found = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1)]
    generator = torch.Generator().manual_seed(0)
    vectors = torch.randn(6, 4, generator=generator, requires_grad=True)
    targets = torch.nn.functional.normalize(torch.randn(6, 4, generator=generator), dim=1)
    whole = frozen_contrastive(vectors, targets, scale=5.0)
    whole.backward()  # type: ignore[no-untyped-call]
    assert found[0][0].item() == pytest.approx(whole.item(), abs=1e-6)
    assert vectors.grad is not None
    both = torch.cat([gradient for _, gradient in found]) / 2
    torch.testing.assert_close(both, vectors.grad, atol=1e-6, rtol=1e-5)


@pytest.mark.slow
def test_two_processes_train_one_model(make_recipe: MakeRecipe, tones: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["train", str(make_recipe()), "--data", str(tones), "--out", str(out)]
    done = launched("-m", "polyvox", *arguments)
    assert [code for code, _ in done] == [0, 0], done
    assert (out / "model" / "README.md").is_file()
    assert ["starting\n" in text for _, text in done] == [True, False]
