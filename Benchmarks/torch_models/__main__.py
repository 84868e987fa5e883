"""Compares our networks of the published sizes with PyTorch's; see scripts/real-sizes.

usage: python -m torch_models --mixflow FILE --benchmark FILE --folder FOLDER [--only NAME] [--double]
"""

import argparse
import gc
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch

from torch_models import checkpoints
from torch_models.ddt import DiTDH
from torch_models.decoder import Decoder
from torch_models.fixtures import LIMIT, check, difference
from torch_models.safetensors import load, save
from torch_models.sit import REPA, SiT


@dataclass(frozen=True)
class Case:
    network: Callable
    layout: str
    shape: tuple


CASES = {
    "SiT-XL/2": Case(SiT, "sit", (4, 32, 32)),
    "REPA-XL/2": Case(REPA, "repa", (4, 32, 32)),
    "DiT-DH-XL": Case(DiTDH, "rae", (768, 16, 16)),
}

parser = argparse.ArgumentParser(prog="real-sizes")
parser.add_argument("--mixflow", required=True)
parser.add_argument("--benchmark", required=True)
parser.add_argument("--folder", type=Path, required=True)
parser.add_argument("--only", choices=CASES, help="one network alone")
parser.add_argument("--double", action="store_true", help="measure both against float64")
options = parser.parse_args()


def gibibytes(kibibytes):
    return f"{kibibytes / 2**20:.2f} GiB"


def run(*command):
    """Runs a program of ours and prints its time and its largest memory; ends where it fails."""
    start = time.perf_counter()
    process = os.posix_spawn(command[0], [str(part) for part in command], os.environ)
    _, status, usage = os.wait4(process, 0)
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"real-sizes: {' '.join(map(str, command))} ended with {code}")
    name = f"{Path(command[0]).name} {command[1]}"
    print(f"  {name}: {time.perf_counter() - start:.1f} s, {gibibytes(usage.ru_maxrss)}", flush=True)


@torch.inference_mode()
def write(case, checkpoint):
    """Writes a checkpoint and returns inputs with PyTorch's outputs for them; forgets the network."""
    module = checkpoints.build(case.network)
    count = sum(parameter.numel() for parameter in module.parameters())
    print(f"  {count:,} parameters", flush=True)
    checkpoints.write(case.layout, module, checkpoint)
    generator = torch.Generator().manual_seed(1)
    inputs = {
        "x": torch.randn(2, *case.shape, generator=generator),
        "t": torch.tensor([0.3, 0.85]),
        "y": torch.tensor([207, 1000]),
    }
    start = time.perf_counter()
    outputs = {"single": module(**inputs)}
    print(f"  PyTorch: forward of {tuple(inputs['x'].shape)} in {time.perf_counter() - start:.1f} s")
    if options.double:
        module.double()
        outputs["double"] = module(inputs["x"].double(), inputs["t"].double(), inputs["y"])
    return inputs, outputs


def compare(name, case):
    print(name, flush=True)
    checkpoint = options.folder / f"{name.replace('/', '-')}.pt"
    inputs, outputs = write(case, checkpoint)
    gc.collect()
    print(f"  {checkpoint.name}: {checkpoint.stat().st_size / 2**30:.2f} GiB")
    given, made = options.folder / "inputs.safetensors", options.folder / "outputs.safetensors"
    save(inputs, given)
    run(options.mixflow, "inspect", checkpoint)
    run(options.benchmark, "forward", checkpoint, given, made)
    ours = load(made)[0]["out"]
    error = difference(ours, outputs["single"])
    print(f"  max|ours - PyTorch| / max|PyTorch| = {error:.1e}", flush=True)
    if options.double:
        for who, values in (("ours", ours), ("PyTorch", outputs["single"])):
            print(f"  {who} against float64: {difference(values, outputs['double']):.1e}")
    if not error < LIMIT:
        sys.exit(f"real-sizes: {name} differs from PyTorch by {error:.1e}, more than {LIMIT:.0e}")
    run(options.benchmark, "post-train", checkpoint)
    if case.layout == "rae":
        paint(checkpoint)
    checkpoint.unlink()


def paint(checkpoint):
    """Samples one image through the decoder."""
    decoder = options.folder / "decoder.pt"
    checkpoints.write("bare", checkpoints.build(Decoder), decoder)
    gc.collect()
    run(options.benchmark, "paint", checkpoint, decoder, options.folder / "sample.png")
    decoder.unlink()


check()
for name, case in CASES.items():
    if options.only in (None, name):
        compare(name, case)
print("all agree")
