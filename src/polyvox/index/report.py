"""What came of a run over files."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """A file, or a part of one, that was skipped, and why."""

    path: str
    reason: str


@dataclass(slots=True)
class IngestReport:
    """What a run did: counts of files and items, and every problem by name."""

    files_new: int = 0
    files_changed: int = 0
    files_unchanged: int = 0
    files_pruned: int = 0
    items_added: int = 0
    items_pruned: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list)
    ignored: list[Problem] = field(default_factory=list)
    """What a folder held beside documents and recordings; no error."""

    def summary(self, into: str) -> str:
        """One line for a person."""
        parts = [f"{self.items_added:,} items from {self.files_new + self.files_changed:,} files into {into}"]
        for count, what in (
            (self.files_changed, "files changed"),
            (self.files_unchanged, "files unchanged"),
            (self.files_pruned, f"files gone ({self.items_pruned:,} items dropped)"),
            (len(self.problems), "skipped, each with its reason"),
        ):
            if count:
                parts.append(f"{count:,} {what}")
        return ", ".join(parts) + f" ({self.seconds:.1f} s)"
