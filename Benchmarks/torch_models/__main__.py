"""Compares our networks of the published sizes with PyTorch's; see scripts/real-sizes.

usage: python -m torch_models --mixflow FILE --benchmark FILE --folder FOLDER [--only NAME] [--double]
"""

import argparse
from pathlib import Path

from torch_models.fixtures import check
from torch_models.networks import CASES, compare
from torch_models.painting import paint


def path(text):
    return Path(text).resolve()


parser = argparse.ArgumentParser(prog="real-sizes")
parser.add_argument("--mixflow", type=path, required=True)
parser.add_argument("--benchmark", type=path, required=True)
parser.add_argument("--folder", type=path, required=True)
parser.add_argument("--only", choices=CASES, help="one network alone")
parser.add_argument("--double", action="store_true", help="measure both against float64")
options = parser.parse_args()

check()
for name, case in CASES.items():
    if options.only in (None, name):
        checkpoint = compare(name, options)
        if case.layout == "rae":
            paint(checkpoint, options)
        checkpoint.unlink()
print("all agree")
