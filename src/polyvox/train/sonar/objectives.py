"""What each text stage minimises, from pairs to the weighed parts of a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from polyvox.modules.bottleneck import Bottleneck
from polyvox.train.losses.additive_margin import additive_margin
from polyvox.train.losses.mse import squared_distance
from polyvox.train.losses.split_softmax import split_softmax
from polyvox.train.sonar.corpus import Pair, same_texts
from polyvox.train.sonar.draws import noisy, tagged
from polyvox.train.sonar.later_sections import Extend
from polyvox.train.sonar.loop import Losses
from polyvox.train.sonar.sections import Contrast, Translate

Negatives = Callable[[Sequence[str], np.random.Generator], list[list[str]]]
"""Edited texts of each text, as many as there are."""


def stretched(vectors: Tensor) -> Tensor:
    """Unit vectors (B, D) with values of unit variance, so that a squared distance does not shrink with D."""
    made: Tensor = vectors * vectors.shape[-1] ** 0.5
    return made


def encoded(model: Bottleneck, texts: Sequence[str], languages: Sequence[str]) -> Tensor:
    """Unit vectors (B, D) of texts whose languages are named, `und` where they are not."""
    return _encoded_tokens(model, model.tokens(texts), languages)


def _encoded_tokens(model: Bottleneck, tokens: Sequence[Sequence[int]], languages: Sequence[str]) -> Tensor:
    return model.vectors(*model.read_by_encoder(tokens, [model.tag_of(language) for language in languages]))


def translation(
    model: Bottleneck, pairs: Sequence[Pair], stage: Translate, dice: np.random.Generator
) -> Losses:
    """Cross entropy of the target, α · distance of the two vectors, β · denoising of some targets.

    (SONAR, https://arxiv.org/abs/2308.11466: L_MT + α L_MSE + β L_DAE.)
    """
    sources = [pair.source_language for pair in pairs]
    targets = [pair.target_language for pair in pairs]
    wanted = model.tokens([pair.target for pair in pairs])
    tags = [model.tag_of(language) for language in targets]
    left = encoded(model, [pair.source for pair in pairs], tagged(sources, stage.unspecified, dice))
    losses = {"translation": model.loss(left, wanted, tags)}
    if stage.mse:
        right = _encoded_tokens(model, wanted, tagged(targets, stage.unspecified, dice))
        losses["mse"] = stage.mse * squared_distance(stretched(left), stretched(right))
    some = int(np.ceil(len(pairs) * stage.denoised))
    if stage.denoise and some:
        mask = model.tokenizer.mask_token_id
        hidden = model.tokenizer.unk_token_id if mask is None else mask
        broken = [noisy(tokens, hidden, dice) for tokens in wanted[:some]]
        seen = _encoded_tokens(model, broken, targets[:some])
        losses["denoising"] = stage.denoise * model.loss(seen, wanted[:some], tags[:some])
    return losses


def interpolation(model: Bottleneck, pairs: Sequence[Pair], dice: np.random.Generator) -> Losses:
    """Cross entropy of the target, told from a random point between the two frozen vectors (SONAR)."""
    with torch.no_grad():
        left = encoded(model, [pair.source for pair in pairs], [pair.source_language for pair in pairs])
        right = encoded(model, [pair.target for pair in pairs], [pair.target_language for pair in pairs])
    share = torch.from_numpy(dice.random((len(pairs), 1))).to(left)
    between = F.normalize(share * left + (1 - share) * right, dim=-1)
    tags = [model.tag_of(pair.target_language) for pair in pairs]
    return {"decoding": model.loss(between, model.tokens([pair.target for pair in pairs]), tags)}


def contrast(
    model: Bottleneck,
    pairs: Sequence[Pair],
    stage: Contrast,
    dice: np.random.Generator,
    negatives: Negatives | None = None,
) -> Losses:
    """Contrastive loss of pairs with a margin, hard negatives beside it, and the decoder kept alive.

    Args:
        model: learns.
        pairs: whose target is the pivot.
        stage: the section.
        dice: draws.
        negatives: edits of the targets; where given the loss is the split softmax.
    """
    targets = [pair.target_language for pair in pairs]
    left = encoded(
        model,
        [pair.source for pair in pairs],
        tagged([pair.source_language for pair in pairs], stage.unspecified, dice),
    )
    right = encoded(model, [pair.target for pair in pairs], tagged(targets, stage.unspecified, dice))
    same = torch.from_numpy(same_texts(pairs)).to(left.device)
    if negatives is None:
        found = additive_margin(left, right, scale=stage.scale, margin=stage.margin, same=same)
    else:
        hard, mask = _hard(model, pairs, negatives, stage.hard, dice)
        found = split_softmax(
            left,
            right,
            hard,
            scale=stage.scale,
            margin=stage.margin,
            share=stage.hard_share,
            mask=mask,
            same=same,
        )
    losses = {"contrast": found}
    if stage.decode:
        tags = [model.tag_of(language) for language in targets]
        told = model.loss(left, model.tokens([pair.target for pair in pairs]), tags)
        losses["translation"] = stage.decode * told
    return losses


def _hard(
    model: Bottleneck, pairs: Sequence[Pair], negatives: Negatives, most: int, dice: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Vectors (N, most, D) of the edits of each target, and the mask (N, most) of those that exist."""
    edits = [found[:most] for found in negatives([pair.target for pair in pairs], dice)]
    rows = [row for row, found in enumerate(edits) for _ in found]
    places = [place for found in edits for place in range(len(found))]
    width = model.get_embedding_dimension()
    hard = torch.zeros(len(pairs), most, width, device=model.network.device)
    mask = torch.zeros(len(pairs), most, dtype=torch.bool, device=model.network.device)
    if rows:
        texts = [text for found in edits for text in found]
        vectors = encoded(model, texts, [pairs[row].target_language for row in rows])
        index = (torch.tensor(rows, device=hard.device), torch.tensor(places, device=hard.device))
        hard, mask = hard.index_put(index, vectors), mask.index_put(index, torch.tensor(True))
    return hard, mask


def extension(
    model: Bottleneck,
    teacher: Bottleneck,
    pairs: Sequence[Pair],
    stage: Extend,
    dice: np.random.Generator,
    contrastive: bool = True,
) -> Losses:
    """Distance and contrast to the frozen teacher: a new text to its pivot, an old text to the middle.

    The target of a new language is the teacher's vector of the pivot text; that of an old one the point
    between the teacher's two vectors.

    Args:
        model: learns.
        teacher: the model as it was.
        pairs: whose target is the pivot.
        stage: the section.
        dice: draws.
        contrastive: false for the first steps, in which only tokens learn.
    """
    new = torch.tensor([pair.source_language in stage.languages for pair in pairs])
    sources = [pair.source_language for pair in pairs]
    with torch.no_grad():
        pivot = encoded(teacher, [pair.target for pair in pairs], [pair.target_language for pair in pairs])
        known = encoded(teacher, [pair.source for pair in pairs], sources)
        target = torch.where(new[:, None].to(pivot.device), pivot, F.normalize(pivot + known, dim=-1))
    left = encoded(model, [pair.source for pair in pairs], tagged(sources, stage.unspecified, dice))
    losses = {"mse": stage.mse * squared_distance(stretched(left), stretched(target))}
    for name, wanted, scale in (("new", new, stage.new_scale), ("old", ~new, stage.old_scale)):
        rows = torch.nonzero(wanted)[:, 0].tolist()
        if contrastive and len(rows) > 1:
            same = torch.from_numpy(same_texts([pairs[row] for row in rows])).to(left.device)
            found = additive_margin(left[rows], target[rows], scale=scale, margin=0.0, same=same)
            losses[name] = found * len(rows) / len(pairs)
    return losses
