"""Times SiT steps of MixFlow and PyTorch in turns on the same cores and prints medians and ratios.

usage: compare.py [--rows tiny,S/2,...] [--mode train|forward] [--steps N] [--threads N]
                  [--variants eager,compile] [--json FILE]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = {"tiny": 64, "S/2": 8, "B/2": 8, "XL/2": 1}


class Server:
    """A program that does one step for each line that it reads."""

    def __init__(self, command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.greeting = self.process.stdout.readline().strip()
        if not self.greeting.startswith("ready"):
            sys.exit(f"{' '.join(command)}: did not start")

    def step(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def peak_mebibytes(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def cpu_seconds():
    """The CPU time of everything on this machine, so far."""
    with open("/proc/stat") as stat:
        user, nice, system = map(int, stat.readline().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def own_cpu_seconds(servers):
    total = 0.0
    for server in servers:
        with open(f"/proc/{server.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="tiny,S/2")
    parser.add_argument("--mode", default="train")
    parser.add_argument("--steps", type=int, default=7)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--variants", default="eager")
    parser.add_argument("--json")
    options = parser.parse_args()
    rows = []
    version = "?"
    for name in options.rows.split(","):
        common = [name, str(BATCH[name]), options.mode, str(options.threads)]
        servers = {"ours": Server([f"{HERE}/.build/release/StepBenchmark", *common])}
        for variant in options.variants.split(","):
            servers[f"torch_{variant}"] = Server(
                [sys.executable, f"{HERE}/torch_step.py", *common, variant])
            version = servers[f"torch_{variant}"].greeting.split()[-1]
        for server in servers.values():
            server.step(), server.step()
        before = cpu_seconds() - own_cpu_seconds(servers.values())
        times = {key: [] for key in servers}
        for _ in range(options.steps):
            for key, server in servers.items():
                times[key].append(server.step())
        others = cpu_seconds() - own_cpu_seconds(servers.values()) - before
        medians = {key: statistics.median(values) for key, values in times.items()}
        best = min(value for key, value in medians.items() if key != "ours")
        row = {"name": f"{name} batch {BATCH[name]} {options.mode}"}
        row |= {f"{key}_s": round(value, 4) for key, value in medians.items()}
        row |= {"speedup": round(best / medians["ours"], 3), "others_cpu": round(others, 1)}
        row |= {f"rss_{key}": server.peak_mebibytes() for key, server in servers.items()}
        rows.append(row)
        print(row, flush=True)
        for server in servers.values():
            server.close()
    if options.json:
        machine = {"processor": platform.processor() or platform.machine(), "threads": options.threads}
        with open(options.json, "w") as file:
            json.dump({"machine": machine, "versions": {"torch": version}, "rows": rows}, file, indent=2)


if __name__ == "__main__":
    main()
