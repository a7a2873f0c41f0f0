"""sentence-transformers' trainer, with whole checkpoints and losses that are numbers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers.sentence_transformer.training_args import SentenceTransformerTrainingArguments
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from polyvox.train.sounds import TrainingError
from polyvox.train.tower.batch import Batcher
from polyvox.train.tower.draws import Draw
from polyvox.train.tower.training_section import Precision, Training

OBJECTIVE = "objective.safetensors"
WHOLE = "whole"
"""An empty file that says that a checkpoint was written to its end."""


class TowerTrainer(SentenceTransformerTrainer):
    """Trains a student on batches of draws.

    Args:
        student: what is trained.
        arguments: of the trainer.
        objective: the loss.
        sampler: batches of draws, as many as the run takes.
        batcher: reads a batch.
        evaluator: measures; none where nothing is held out.
    """

    def __init__(
        self,
        student: SentenceTransformer,
        arguments: SentenceTransformerTrainingArguments,
        objective: nn.Module,
        sampler: Any,  # noqa: ANN401 - any iterable of batches with a length
        batcher: Batcher,
        evaluator: Any,  # noqa: ANN401 - a library evaluator or nothing
    ) -> None:
        collator: Any = batcher
        super().__init__(
            model=student, args=arguments, loss=objective, evaluator=evaluator, data_collator=collator
        )
        self._sampler, self._batcher = sampler, batcher

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches as the sampler draws them; the library's samplers need all rows in a dataset."""
        loader: DataLoader[Any] = DataLoader(
            _Drawn(),
            batch_sampler=self._sampler,
            collate_fn=self._batcher,
            num_workers=self.args.dataloader_num_workers,
            pin_memory=self.args.dataloader_pin_memory,
        )
        self.accelerator.even_batches = False
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def training_step(self, *inputs: Any, **settings: Any) -> Tensor:  # noqa: ANN401
        """One forward and backward pass.

        Raises:
            TrainingError: the loss is not a number.
        """
        loss: Tensor = super().training_step(*inputs, **settings)
        if not torch.isfinite(loss).all():
            raise TrainingError(
                f"the loss is not a number at step {self.state.global_step + 1}. Lower [training] "
                f"learning_rate "
                "or clip, lengthen warmup, or use bf16 or fp32 instead of fp16; checkpoints from before are "
                "untouched"
            )
        return loss

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """None: the card is written from what was run, by `polyvox.train.tower.card`."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ANN401
        """The model alone, in safetensors; the library would add its arguments as a pickle."""
        self.model.save(output_dir or str(self.args.output_dir), create_model_card=False)

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:  # noqa: ANN401
        folder = Path(str(self.args.output_dir)) / f"checkpoint-{self.state.global_step}"
        if self.args.should_save and folder.exists():
            shutil.rmtree(folder)
        try:
            super()._save_checkpoint(model, trial)
            if self.args.should_save and (own := self._own_weights()):
                tensors = {name: weight.detach().contiguous() for name, weight in own.items()}
                save_file(tensors, folder / OBJECTIVE)
        except BaseException:
            if self.args.should_save:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        if self.args.should_save:
            (folder / WHOLE).touch()

    def _load_from_checkpoint(self, checkpoint_path: str) -> None:  # type: ignore[override]
        super()._load_from_checkpoint(checkpoint_path)
        kept = Path(checkpoint_path) / OBJECTIVE
        if kept.is_file():
            saved = load_file(kept)
            with torch.no_grad():
                for name, weight in self._own_weights().items():
                    weight.copy_(saved[name])

    def _own_weights(self) -> dict[str, nn.Parameter]:
        """What the objective learns beside the model, such as its scale; the library would not keep it."""
        objective: Any = self.loss
        return {
            name: weight
            for name, weight in objective.named_parameters()
            if weight.requires_grad and not name.startswith("model.")
        }


class _Drawn(Dataset[Draw]):
    """The draws themselves are what the sampler hands out."""

    def __getitem__(self, draw: Draw) -> Draw:
        return draw


def processes() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def whole_checkpoints(out: Path) -> list[Path]:
    """The checkpoints of a run that were written to their end, oldest first."""
    found = [path for path in out.glob("checkpoint-*") if (path / WHOLE).is_file()]
    return sorted(found, key=lambda path: int(path.name.rsplit("-", 1)[1]))


def broken_checkpoints(out: Path) -> Iterator[Path]:
    """The checkpoints that a killed run left unfinished."""
    return (path for path in out.glob("checkpoint-*") if not (path / WHOLE).is_file())


def training_arguments(
    training: Training, out: Path, steps: int, *, evaluated: bool
) -> SentenceTransformerTrainingArguments:
    """The recipe in the trainer's words.

    Raises:
        TrainingError: the machine or the installed packages cannot do what the recipe asks for.
    """
    gpu = torch.cuda.is_available()
    if training.precision is Precision.FP16 and not gpu:
        raise TrainingError('[training] precision: "fp16" needs a GPU; use "bf16" or "fp32"')
    every = min(training.evaluate_every, steps)
    try:
        return SentenceTransformerTrainingArguments(
            output_dir=str(out),
            max_steps=steps,
            per_device_train_batch_size=training.batch,
            gradient_accumulation_steps=training.accumulate,
            learning_rate=training.learning_rate,
            warmup_steps=min(training.warmup, steps),
            lr_scheduler_type=str(training.schedule),
            weight_decay=training.weight_decay,
            adam_beta2=0.98,
            max_grad_norm=training.clip,
            bf16=training.precision is Precision.BF16,
            fp16=training.precision is Precision.FP16,
            seed=training.seed,
            eval_strategy="steps" if evaluated else "no",
            eval_steps=every,
            save_strategy="steps",
            save_steps=every if every == steps else training.save_every,
            save_total_limit=training.keep,
            load_best_model_at_end=evaluated,
            metric_for_best_model=f"eval_{training.best}" if evaluated else None,
            greater_is_better=True if evaluated else None,
            logging_steps=training.log_every,
            report_to=list(training.report_to) or "none",
            dataloader_num_workers=training.workers,
            dataloader_pin_memory=gpu,
            disable_tqdm=True,
            ddp_find_unused_parameters=False,
            use_cpu=not gpu,
            ddp_backend="gloo" if processes() > 1 and not gpu else None,
        )
    except (ValueError, ImportError, RuntimeError) as error:
        raise TrainingError(f"[training]: {error}") from error
