"""Checks the networks against the outputs of the official code."""

from pathlib import Path

import torch

from torch_models.ddt import DiTDH
from torch_models.decoder import Decoder
from torch_models.safetensors import load
from torch_models.sit import REPA, SiT

FIXTURES = Path(__file__).parents[2] / "Tests/Fixtures"
LIMIT = 2e-5


def difference(found, expected):
    """Returns the largest difference, relative to the largest number that is expected."""
    return ((found.double() - expected.double()).abs().max() / expected.abs().max()).item()


def with_weights(network, options, path):
    weights, _ = load(path)
    module = network(**options)
    module.load_state_dict(weights)
    return module.eval()


def check_model(network, folder):
    inputs, metadata = load(folder / "io.safetensors")
    module = with_weights(network, metadata["config"], folder / "weights.safetensors")
    return difference(module(inputs["x"], inputs["t"], inputs["y"]), inputs["out"])


def check_decoder():
    folder = FIXTURES / "stage1"
    inputs, _ = load(folder / "rae_io.safetensors")
    path = folder / "decoder_weights.safetensors"
    weights, metadata = load(path)
    grid = int((weights["decoder_pos_embed"].shape[1] - 1) ** 0.5)
    size = {"patch_size": int((weights["decoder_pred.weight"].shape[0] / 3) ** 0.5), "grid": grid}
    module = with_weights(Decoder, {**metadata["config"], **size}, path)
    return difference(module(inputs["tokens"]), inputs["logits"])


@torch.inference_mode()
def check():
    """Prints the errors; exits where one is too large."""
    worst = {"RAE decoder": check_decoder()}
    for prefix, network in (("sit", SiT), ("repa", REPA), ("ddt", DiTDH)):
        for folder in sorted(FIXTURES.glob(f"models/{prefix}_*")):
            worst[folder.name] = check_model(network, folder)
    if len(worst) < 12:
        raise SystemExit(f"real-sizes: {FIXTURES} holds too few models")
    for name, error in worst.items():
        if not error < LIMIT:
            raise SystemExit(f"real-sizes: {name} differs by {error:.1e} from the official output")
    name = max(worst, key=worst.get)
    print(f"PyTorch modules: {len(worst)} fixtures of the official code, worst {worst[name]:.1e} ({name})")
