"""The programs that are compared."""

import os
import sys

from compare.machine import output
from compare.server import Server

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OURS = f"{FOLDER}/.build/release/Benchmark"
TORCH_VARIANTS = ("eager", "compile")


class Programs:
    """Starts programs with a number of threads and keeps the best peak that was seen."""

    def __init__(self, threads):
        self.threads = ["--threads", str(threads)]
        self.peak_gigaflops = 0.0

    def ours(self, kind, model, batch, *flags):
        return Server([OURS, "step", kind, model, str(batch), *self.threads, *flags], FOLDER)

    def torch(self, variant, kind, model, batch, *flags):
        command = [sys.executable, "-m", "torch_sit", kind, model, str(batch), *self.threads]
        return Server([*command, "--variant", variant, *flags], FOLDER)

    def measure_peak(self):
        """Measures the rate of fused multiply-adds; the best of a run counts."""
        rate = float(output(OURS, "peak", *self.threads).split()[0])
        self.peak_gigaflops = max(self.peak_gigaflops, rate)
