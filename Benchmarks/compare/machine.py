"""The machine: what it is, and whether others use it."""

import os
import platform
import subprocess
import time

from compare.server import TICK


def busy_seconds():
    """The CPU time of everything so far, with what the hypervisor gave to others."""
    with open("/proc/stat") as stat:
        user, nice, system, _, _, interrupts, soft, stolen = map(
            int, stat.readline().split()[1:9])
    return (user + nice + system + interrupts + soft + stolen) / TICK


def wait_for_quiet(seconds):
    """Waits until nothing runs for a fifth of a second, but no longer than `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = busy_seconds()
        time.sleep(0.2)
        if busy_seconds() - before <= 0.03:
            return


def available_gibibytes():
    """The memory that new programs can have."""
    with open("/proc/meminfo") as info:
        line = next(line for line in info if line.startswith("MemAvailable"))
    return int(line.split()[1]) / 2**20


def description(threads):
    """What a reader needs to know of the machine."""
    with open("/proc/cpuinfo") as info:
        text = info.read()
    fields = dict(
        (part.strip() for part in line.split(":", 1)) for line in text.splitlines() if ":" in line)
    vectors = [name for name in ("avx2", "avx512f", "amx_tile") if name in fields["flags"].split()]
    return {
        "processor": fields["model name"],
        "family": f"{fields['cpu family']}/{fields['model']}",
        "vectors": vectors,
        "processors": len(os.sched_getaffinity(0)),
        "threads": threads,
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.platform(),
    }


def output(*command):
    """What a command prints, or nothing where it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
