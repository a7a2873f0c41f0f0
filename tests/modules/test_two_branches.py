"""The fusion of two branches as a sentence-transformers module."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from tests.modules.branches.test_branches import save_efficientnet  # noqa: E402
from tests.modules.test_fused_speech import save_hubert  # noqa: E402
from tests.modules.tiny_text import save_bert, text_modules  # noqa: E402

from polyvox.encode import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.branch_fusion import FUSIONS, FusionSizes  # noqa: E402
from polyvox.modules.branches import open_branch  # noqa: E402
from polyvox.modules.space import join, open_space  # noqa: E402
from polyvox.modules.two_branches import TwoBranches  # noqa: E402


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("checkpoints")
    save_hubert(folder / "hubert")
    save_efficientnet(folder / "efficientnet")
    save_bert(folder / "bert")
    return folder


@pytest.fixture(params=["concat", "gating", "first"])
def module(request: pytest.FixtureRequest, checkpoints: Path) -> TwoBranches:
    first = open_branch("front", str(checkpoints / "hubert"))
    second = open_branch("image", str(checkpoints / "efficientnet"))
    torch.manual_seed(1)
    fusion = FUSIONS[request.param](FusionSizes(first.width, second.width, 32)).eval()
    return TwoBranches(first, second, fusion, max_seconds=2.0)


def sounds() -> list[np.ndarray]:
    dice = np.random.default_rng(1)
    return [dice.standard_normal(length).astype(np.float32) for length in (9_000, 20_000, 14_000)]


def test_checkpoints_of_the_hub_become_one_model_of_text_and_speech(
    module: TwoBranches, checkpoints: Path, tmp_path: Path
) -> None:
    model = join(text_modules(checkpoints / "bert", "cls"), module)
    model.save(str(tmp_path), create_model_card=False)
    again = open_space(tmp_path)
    np.testing.assert_allclose(again.encode(sounds()), model.encode(sounds()), atol=1e-5)
    np.testing.assert_allclose(again.encode(["un chat"]), model.encode(["un chat"]), atol=1e-6)
    encoder = load_encoder(str(tmp_path))
    heard = encoder.encode_speech([Audio(one) for one in sounds()])
    np.testing.assert_allclose(np.linalg.norm(heard, axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_the_batch(module: TwoBranches) -> None:
    together = module.forward(module.preprocess(sounds()))["sentence_embedding"]
    alone = module.forward(module.preprocess(sounds()[1:2]))["sentence_embedding"]
    torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=0)
    cut = np.concatenate([np.resize(sounds()[0], 32_000), sounds()[1]])
    late = module.forward(module.preprocess([cut, cut[:32_000]]))["sentence_embedding"]
    torch.testing.assert_close(late[0], late[1])


def test_kept_vectors_stand_for_recordings(module: TwoBranches) -> None:
    first, second = (branch.views([Audio(sounds()[0])])[0] for branch in module.views)
    kept = module.forward(module.preprocess([{"first": first, "second": second}]))["sentence_embedding"]
    heard = module.forward(module.preprocess(sounds()[:1]))["sentence_embedding"]
    torch.testing.assert_close(kept, heard)


def test_only_the_fusion_learns(module: TwoBranches) -> None:
    names = {name.split(".")[0] for name, _ in module.named_parameters()}
    assert names == {"fusion"}
    before = [branch.fingerprint for branch in module.views]
    module.train()
    optimizer = torch.optim.SGD(module.parameters(), 1.0)
    old = {name: value.detach().clone() for name, value in module.named_parameters()}
    module.forward(module.preprocess(sounds()))["sentence_embedding"][:, 0].sum().backward()
    optimizer.step()
    assert any(not torch.equal(old[name], value) for name, value in module.named_parameters())
    # A fingerprint is over the weights themselves.
    for branch, fingerprint in zip(module.views, before, strict=True):
        branch.__dict__.pop("fingerprint", None)
        assert branch.fingerprint == fingerprint


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="holds no two branches"):
        TwoBranches.load(str(tmp_path))
