"""The rows of the comparison, with the least that is asked of each and the goal."""

from dataclasses import dataclass

from compare.sizes import SIZES


@dataclass(frozen=True)
class Row:
    """One measurement. `floor` and `goal` are of what `measure` names."""

    name: str
    title: str
    kind: str
    model: str
    batch: int
    floor: float
    goal: float
    measure: str = "speedup"
    share_goal: float | None = None
    # Whether all programs run at once; else they take turns to start and end.
    together: bool = True
    # The memory that must be free, in GiB.
    memory: int = 4

    @property
    def operations(self):
        """The floating-point operations of one step."""
        size = SIZES[self.model]
        if self.kind == "train":
            return 3 * size.forward_operations(self.batch)
        if self.kind == "sample":
            return size.forward_operations(2 * self.batch)
        return size.forward_operations(self.batch)


ROWS = [
    Row("train-tiny", "training step, width 128, depth 6, batch 64",
        "train", "tiny", 64, 1.4, 2.0),
    Row("train-S/2", "training step, S/2, batch 8",
        "train", "S/2", 8, 1.10, 1.35, share_goal=0.70, memory=7),
    Row("train-B/2", "training step, B/2, batch 8",
        "train", "B/2", 8, 1.05, 1.25, share_goal=0.75, memory=14),
    Row("train-XL/2", "training step, XL/2, batch 1",
        "train", "XL/2", 1, 1.15, 1.5, together=False, memory=15),
    Row("sample-S/2", "guided Euler step of five, S/2, batch 8", "sample", "S/2", 8, 1.15, 1.4),
    Row("sample-XL/2", "guided Euler step of five, XL/2, batch 1",
        "sample", "XL/2", 1, 1.05, 1.25, memory=13),
    Row("memory-XL/2", "GiB of training with activation checkpointing, XL/2, batch 4",
        "memory", "XL/2", 4, 16, 14, measure="GiB", together=False, memory=19),
    Row("start-XL/2", "seconds from process start to first velocity, XL/2, batch 1",
        "start", "XL/2", 1, 1.5, 0.5, measure="s", memory=9),
]
