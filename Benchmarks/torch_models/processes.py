"""Programs of ours, with their time and memory."""

import os
import subprocess
import sys
import time
from pathlib import Path


def peak(process):
    """Returns the most memory that a process has had so far, in KiB."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def run(*command, folder=None, about=""):
    """Runs a program in a folder and prints its time and its largest memory; ends where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], cwd=folder)
    memory, done = 0, 0
    while not done:
        # The usage that a process leaves counts the memory of the one that started it too.
        memory = max(memory, peak(process.pid))
        time.sleep(0.02)
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"real-sizes: {' '.join(map(str, command))} ended with {process.returncode}")
    name = f"{Path(command[0]).name} {command[1]}{about and ' of ' + about}"
    seconds, processor = time.perf_counter() - start, usage.ru_utime + usage.ru_stime
    report(name, seconds, processor, f"{memory / 2**20:.2f} GiB")


def report(name, seconds, processor, *more):
    text = "".join(f", {part}" for part in more)
    print(f"  {name}: {seconds:.1f} s, {processor:.1f} s of processors{text}", flush=True)


class Stopwatch:
    """Prints the time that PyTorch takes for a block of code."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.start = time.perf_counter(), time.process_time()

    def __exit__(self, *_):
        wall, processor = self.start
        report(
            f"PyTorch: {self.name}", time.perf_counter() - wall, time.process_time() - processor)
