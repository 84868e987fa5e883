"""The time from the start of a process to its first velocity."""

import os
import statistics
import subprocess
import tempfile
import time

from compare import machine
from compare.programs import OURS
from compare.sampling import Samples
from compare.server import ServerError


def time_starts(row, programs, options, log):
    """Times fresh processes that load a file in the page cache and predict one velocity."""
    samples, loads, velocities = Samples(), [], []
    with tempfile.TemporaryDirectory(prefix="mixflow-benchmark-") as folder:
        file = f"{folder}/model.safetensors"
        log(f"  writing {file}")
        subprocess.run([OURS, "write", row.model, file], check=True)
        command = [OURS, "start", file, *programs.threads]
        start_once(command)  # It brings the file into the page cache.
        for _ in range(options.steps):
            programs.measure_peak()
            machine.wait_for_quiet(options.quiet)
            before = machine.busy_seconds()
            seconds, load, velocity, usage = start_once(command)
            own = usage.ru_utime + usage.ru_stime
            samples.add(seconds, max(0, machine.busy_seconds() - before - own) / seconds)
            samples.peak_mebibytes = usage.ru_maxrss // 1024
            loads.append(load)
            velocities.append(velocity)
            log(f"  {seconds:.3f} s: load {load:.3f}, first velocity {velocity:.3f},"
                f" others {samples.others[-1]:.2f}")
    velocity = statistics.median(velocities)
    return {
        "ours_s": samples.median,
        "clean_ours_s": samples.clean_median,
        "load_s": statistics.median(loads),
        "first_velocity_s": velocity,
        "rss_ours": samples.peak_mebibytes,
        "samples": {"ours": samples.seconds},
        "samples_others_cpu": {"ours": samples.others},
        "gigaflops": row.operations / velocity / 1e9,
    }


def start_once(command):
    """Returns the seconds to the velocity, of the load, of the velocity, and the process's use."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    answer = process.stdout.readline().split()
    seconds = time.monotonic() - start
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if len(answer) < 2:
        raise ServerError(f"{' '.join(command)}: ended with {process.returncode}")
    return seconds, float(answer[0]), float(answer[1]), usage
