"""usage: python -m compare [--rows NAME,NAME,...] [--steps N] [--threads N] [--json FILE]"""

import argparse
import os
import sys

from compare import machine, report
from compare.measures import measure
from compare.programs import FOLDER, Programs
from compare.rows import ROWS
from compare.server import ServerError


def log(text):
    print(text, file=sys.stderr, flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="scripts/benchmark", description=__doc__)
    known = ", ".join(row.name for row in ROWS)
    parser.add_argument("--rows", help=f"rows, divided by commas; by default all: {known}")
    parser.add_argument("--steps", type=int, default=7, help="samples of each program")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", help="a file for the results")
    parser.add_argument("--quiet", type=float, default=10,
                        help="seconds to wait before a sample for other processes to rest")
    options = parser.parse_args()
    names = options.rows.split(",") if options.rows else [row.name for row in ROWS]
    unknown = set(names) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"unknown rows {', '.join(sorted(unknown))}; known: {known}")
    if options.steps < 1 or options.threads < 1:
        parser.error("--steps and --threads must be positive")
    return options, [row for row in ROWS if row.name in names]


def attempt(row, programs, options):
    """Measures a row, or says why not."""
    log(f"{row.name}: {row.title}")
    available = machine.available_gibibytes()
    if available < row.memory:
        return {"skipped": f"needs {row.memory} GiB of memory, {available:.1f} are free"}
    try:
        return measure(row, programs, options, log)
    except ServerError as error:
        return {"skipped": str(error)}


def main():
    options, rows = parse()
    programs = Programs(options.threads)
    versions = {
        "mixflow": machine.output("git", "-C", FOLDER, "describe", "--always", "--dirty"),
        "swift": machine.output("swift", "--version").split("\n")[0],
    }
    results = []
    for row in rows:
        result = attempt(row, programs, options)
        versions |= {"torch": text for text in result.pop("versions", {}).values()}
        results.append((row, result))
        entries = [report.entry(row, result, programs.peak_gigaflops) for row, result in results]
        if options.json:
            description = machine.description(options.threads)
            description["peak_gigaflops"] = round(programs.peak_gigaflops, 1)
            report.write_json(options.json, description, versions, entries)
    print(f"{options.threads} threads, peak {programs.peak_gigaflops:.0f} GFLOP/s\n")
    print(report.table(entries))


if __name__ == "__main__":
    main()
