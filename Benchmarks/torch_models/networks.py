"""One forward and one training step of each network, and what PyTorch makes of the same weights."""

import gc
import sys
from dataclasses import dataclass
from typing import Callable

import torch

from torch_models import checkpoints
from torch_models.ddt import DiTDH
from torch_models.fixtures import LIMIT, difference
from torch_models.processes import Stopwatch, run
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


@torch.inference_mode()
def write(case, checkpoint, double):
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
    with Stopwatch(f"forward of {tuple(inputs['x'].shape)}"):
        outputs = {"single": module(**inputs)}
    if double:
        module.double()
        outputs["double"] = module(inputs["x"].double(), inputs["t"].double(), inputs["y"])
    return inputs, outputs


def compare(name, options):
    """Compares one network and returns its checkpoint."""
    print(name, flush=True)
    case, checkpoint = CASES[name], options.folder / f"{name.replace('/', '-')}.pt"
    inputs, outputs = write(case, checkpoint, options.double)
    gc.collect()
    print(f"  {checkpoint.name}: {checkpoint.stat().st_size / 2**30:.2f} GiB")
    given, made = options.folder / "inputs.safetensors", options.folder / "outputs.safetensors"
    save(inputs, given)
    run(options.mixflow, "inspect", checkpoint)
    run(options.benchmark, "forward", checkpoint, given, made)
    ours = load(made)[0]["out"]
    agree(name, ours, outputs["single"])
    if options.double:
        for who, values in (("ours", ours), ("PyTorch", outputs["single"])):
            print(f"  {who} against float64: {difference(values, outputs['double']):.1e}")
    run(options.benchmark, "post-train", checkpoint)
    return checkpoint


def agree(name, ours, expected):
    """Prints how far two results are apart; ends where it is too far."""
    error = difference(ours, expected)
    print(f"  {name}: max|ours - PyTorch| / max|PyTorch| = {error:.1e}", flush=True)
    if not error < LIMIT:
        sys.exit(f"real-sizes: {name} differs from PyTorch by {error:.1e}, more than {LIMIT:.0e}")
