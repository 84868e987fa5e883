"""Samples of several programs in turns."""

import math
import statistics
import time
from dataclasses import dataclass, field

from compare import machine

# A sample takes at least so long, and is clean where others used less than this part of a core.
LEAST_SECONDS = 0.25
CLEAN = 0.10
LEAST_CLEAN = 3


@dataclass
class Samples:
    """The steps of one program."""

    seconds: list = field(default_factory=list)
    # The CPU time of other processes over the sample's.
    others: list = field(default_factory=list)
    peak_mebibytes: int = 0

    def add(self, seconds, others):
        self.seconds.append(seconds)
        self.others.append(others)

    @property
    def median(self):
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def clean_median(self):
        """The median of the samples that nothing disturbed, where they are enough."""
        clean = [s for s, others in zip(self.seconds, self.others) if others < CLEAN]
        return statistics.median(clean) if len(clean) >= LEAST_CLEAN else None


class Runner:
    """Takes samples of programs that start on request.

    `starters` has a function for each program that returns its server.
    """

    def __init__(self, starters, quiet_seconds, log):
        self.starters = starters
        self.samples = {name: Samples() for name in starters}
        self.calls_per_sample = {}
        self.versions = {}
        self.quiet_seconds = quiet_seconds
        self.log = log

    def side_by_side(self, count, between_rounds):
        """Keeps all programs running and goes through them there and back."""
        servers = {}
        try:
            for name in self.starters:
                servers[name] = self._start(name)
            for index in range(count):
                between_rounds()
                for name in list(servers)[:: 1 if index % 2 == 0 else -1]:
                    self._sample(name, servers[name])
            for name, server in servers.items():
                self.samples[name].peak_mebibytes = server.peak_mebibytes()
        finally:
            for server in servers.values():
                server.close()

    def one_after_another(self, count, between_rounds, rounds=3):
        """Starts, samples and ends each program in every round, for those too large to share."""
        rounds = min(rounds, count)
        for index in range(rounds):
            between_rounds()
            for name in list(self.starters)[:: 1 if index % 2 == 0 else -1]:
                server = self._start(name)
                with server:
                    for _ in range(math.ceil((count - index) / rounds)):
                        self._sample(name, server)
                    self.samples[name].peak_mebibytes = max(
                        self.samples[name].peak_mebibytes, server.peak_mebibytes())

    def _start(self, name):
        start = time.monotonic()
        server = self.starters[name]()
        self.versions[name] = " ".join(server.greeting[1:])
        try:
            first = server.seconds(1)
            before = time.monotonic()
            server.seconds(1)
        except BaseException:
            server.close()
            raise
        calls = math.ceil(LEAST_SECONDS / (time.monotonic() - before))
        self.calls_per_sample.setdefault(name, calls)
        self.log(f"  {name}: ready after {time.monotonic() - start:.1f} s, first step {first:.2f} s")
        return server

    def _sample(self, name, server):
        machine.wait_for_quiet(self.quiet_seconds)
        before = machine.busy_seconds() - server.cpu_seconds()
        start = time.monotonic()
        seconds = server.seconds(self.calls_per_sample[name])
        wall = time.monotonic() - start
        others = max(0, machine.busy_seconds() - server.cpu_seconds() - before) / wall
        self.samples[name].add(seconds, others)
        self.log(f"  {name}: {seconds:.4f} s, others {others:.2f}")
