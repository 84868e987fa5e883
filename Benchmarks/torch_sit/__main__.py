"""Serves steps in PyTorch: for each number on standard input it makes as many training steps, or
runs of sampling, and answers with the seconds of a step.

usage: python -m torch_sit train|sample MODEL BATCH --threads N --variant VARIANT [--without-ema]
"""

import argparse
import os
import sys
import time

parser = argparse.ArgumentParser(prog="torch_sit")
parser.add_argument("kind", choices=["train", "sample"])
parser.add_argument("model")
parser.add_argument("batch", type=int)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--variant", choices=["eager", "compile", "max-autotune"], required=True)
parser.add_argument("--without-ema", action="store_true")
options = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(options.threads)
os.environ["THP_MEM_ALLOC_ENABLE"] = "1"  # Large tensors in huge pages, as ours are.
# No processes that wait for more to compile: their time and memory would count as another's.
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"

import torch

from compare.sizes import SIZES
from torch_sit.model import SiT
from torch_sit.steps import sampling_run, training_step

torch.set_num_threads(options.threads)
torch.manual_seed(0)


def compiled(function):
    if options.variant == "eager":
        return function
    mode = "max-autotune-no-cudagraphs" if options.variant == "max-autotune" else None
    return torch.compile(function, mode=mode)


net = SiT(SIZES[options.model])
if options.kind == "train":
    steps = 1
    work = training_step(net, options.batch, compiled, with_ema=not options.without_ema)
else:
    steps = 5
    work = sampling_run(net, options.batch, steps, compiled)

print("ready", torch.__version__, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        work()
    print((time.perf_counter() - start) / (int(line) * steps), flush=True)
