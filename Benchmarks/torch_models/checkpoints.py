"""Random weights in the layouts of the official training programs."""

from argparse import Namespace
from collections import OrderedDict

import torch
from torch import nn


def build(network):
    """Returns a module without PyTorch's own start, which would be overwritten."""
    starts = [(kind, kind.reset_parameters) for kind in (nn.Linear, nn.Conv2d, nn.Embedding)]
    for kind, _ in starts:
        kind.reset_parameters = lambda self: None
    try:
        return randomize(network())
    finally:
        for kind, start in starts:
            kind.reset_parameters = start


@torch.no_grad()
def randomize(module, seed=0):
    """Fills all trained weights with noise, those that start at zero too: as in the middle of training."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        if "pos_embed" in name:
            continue
        parameter.normal_(0, 1 if name.endswith("embedder.W") else 0.02, generator=generator)
        if is_gain(name):
            parameter.add_(1)
    return module.eval()


def is_gain(name):
    is_norm = name.endswith("weight") and "norm" in name.rsplit(".", 2)[-2]
    return is_norm or name.endswith("lambda1")


def write(layout, module, path):
    """Writes a checkpoint; `ema` and `model` are the same tensors, which are stored once."""
    weights = OrderedDict(module.state_dict())
    optimizer = {"state": {}, "param_groups": [{"lr": 1e-4, "betas": (0.9, 0.999), "params": []}]}
    if layout == "sit":
        args = Namespace(model="SiT-XL/2", image_size=256, num_classes=1000, path_type="Linear")
        content = {"model": weights, "ema": weights, "opt": optimizer, "args": args}
    elif layout == "repa":
        args = Namespace(model="SiT-XL/2", resolution=256, encoder_depth=8, projector_embed_dims="768")
        content = {"model": weights, "ema": weights, "opt": optimizer, "args": args, "steps": 400000}
    elif layout == "rae":
        content = {
            "step": 100000, "epoch": 80, "model": weights, "ema": weights, "optimizer": optimizer,
            "scheduler": {"base_lrs": [2e-4], "last_epoch": 100000, "lr_lambdas": [None]}}
    else:
        content = weights
    torch.save(content, path)
