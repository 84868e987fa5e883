"""Checks the networks against the outputs of the official code."""

from pathlib import Path

import torch

from torch_models.ddt import DiTDH
from torch_models.decoder import Decoder
from torch_models.encoder import Encoder
from torch_models.rae import RAE
from torch_models.safetensors import load
from torch_models.sampling import sample, times
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


def decoder():
    path = FIXTURES / "stage1/decoder_weights.safetensors"
    weights, metadata = load(path)
    grid = int((weights["decoder_pos_embed"].shape[1] - 1) ** 0.5)
    size = {"patch_size": int((weights["decoder_pred.weight"].shape[0] / 3) ** 0.5), "grid": grid}
    return with_weights(Decoder, {**metadata["config"], **size}, path)


def encoder():
    path = FIXTURES / "stage1/dino_weights.safetensors"
    return with_weights(Encoder, load(path)[1]["config"], path)


def check_encoder():
    inputs, _ = load(FIXTURES / "stage1/dino_io.safetensors")
    sizes = [name[1:] for name in inputs if name.startswith("x")]
    module = encoder()
    return max(difference(module(inputs["x" + size]), inputs["last_hidden" + size]) for size in sizes)


def check_autoencoder():
    inputs, metadata = load(FIXTURES / "stage1/rae_io.safetensors")
    statistics, _ = load(FIXTURES / "stage1/stats.safetensors")
    rae = RAE(encoder(), decoder(), statistics, int(metadata["encoder_input_size"]))
    errors = {
        "RAE's decoder": difference(rae.decoder(inputs["tokens"]), inputs["logits"]),
        "RAE's pictures": difference(rae.decode(inputs["z_x64"]), inputs["recon_x64"]),
    }
    for size in ("x40", "x56", "x64"):
        errors[f"RAE's latents of {size}"] = difference(rae.encode(inputs[size]), inputs["z_" + size])
    return errors


def check_sampler():
    inputs, metadata = load(FIXTURES / "transport/rae_sampling.safetensors")
    network, guide = (
        with_weights(DiTDH, load(FIXTURES / metadata[key])[1]["config"], FIXTURES / metadata[key])
        for key in ("model", "guide"))
    shift = 48**0.5
    samples = sample(
        network, guide, inputs["z"], inputs["y"], points=10, shift=shift, scale=1.5)
    return max(
        difference(times(50, shift), inputs["grid256.n50"]),
        difference(samples, inputs["shift6.9282.euler10.ag1.5"]))


@torch.inference_mode()
def check():
    """Prints the errors; exits where one is too large."""
    worst = {**check_autoencoder(), "DINOv2": check_encoder(), "RAE's sampler": check_sampler()}
    for prefix, network in (("sit", SiT), ("repa", REPA), ("ddt", DiTDH)):
        for folder in sorted(FIXTURES.glob(f"models/{prefix}_*")):
            worst[folder.name] = check_model(network, folder)
    if len(worst) < 18:
        raise SystemExit(f"real-sizes: {FIXTURES} holds too few models")
    for name, error in worst.items():
        if not error < LIMIT:
            raise SystemExit(f"real-sizes: {name} differs by {error:.1e} from the official output")
    name = max(worst, key=worst.get)
    print(f"PyTorch modules: {len(worst)} outputs of the official code, worst {worst[name]:.1e} ({name})")
