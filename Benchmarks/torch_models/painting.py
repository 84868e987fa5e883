"""A picture of DiT-DH-XL through RAE's ViT-XL decoder, as RAE's files describe it."""

import gc
import sys
from pathlib import Path

import torch

from torch_models import checkpoints
from torch_models.ddt import DiTDH
from torch_models.decoder import Decoder
from torch_models.encoder import Encoder
from torch_models.fixtures import difference
from torch_models.networks import agree
from torch_models.pictures import read_archive, to_bytes, write_png
from torch_models.processes import Stopwatch, run
from torch_models.rae import RAE, statistics
from torch_models.safetensors import load, save
from torch_models.sampling import sample

CONFIGURATION = Path(__file__).parents[2] / "configs/rae-xl-256-sample.yaml"
# Where the configuration looks for them.
ENCODER = "models/encoders/dinov2/wReg_base/model.safetensors"
DECODER = "models/decoders/dinov2/wReg_base/ViTXL_n08/model.pt"
STATISTICS = "models/stats/dinov2/wReg_base/imagenet1k/stat.pt"
GUIDE = "models/DiTs/Dinov2/wReg_base/ImageNet256/DiTDH-S_ep14/stage2_model.pt"

CLASS, POINTS = 207, 6
LATENT, PICTURE = torch.Size([1, 768, 16, 16]), torch.Size([1, 256, 256, 3])
# The share of bytes that may be one apart: those beside a boundary of rounding.
BYTES_LIMIT = 1e-3


def small():
    """RAE's DiT-DH-S, the guide of autoguidance."""
    return DiTDH(hidden_size=(384, 2048), depth=(12, 2), num_heads=(6, 16))


def noise(options):
    """Returns the noise that our samples start from: what a network that never moves makes of it."""
    still = checkpoints.build(lambda: DiTDH(hidden_size=(16, 32), depth=(1, 1), num_heads=(1, 1)))
    for parameter in still.final_layer.linear.parameters():
        parameter.data.zero_()
    file, folder = options.folder / "still.pt", options.folder / "noise"
    checkpoints.write("bare", still, file)
    run(
        options.mixflow, "sample", "--ckpt", file, "--latents", "--out", folder, "--num", 1,
        "--solver", "euler", "--steps", 2, "--quiet", about="a network that stands still")
    return load(folder / "latents.safetensors")[0]["latents"]


def sampled(start, options):
    """Writes the guide and returns PyTorch's latents."""
    network, guide = checkpoints.build(DiTDH), checkpoints.build(small)
    checkpoints.write("bare", guide, options.folder / GUIDE)
    with Stopwatch(f"{POINTS - 1} guided steps"):
        return sample(
            network, guide, start, torch.tensor([CLASS]), points=POINTS,
            shift=(LATENT.numel() / 4096) ** 0.5, scale=1.5)


def autoencoder(options):
    """Writes RAE's three files and returns the autoencoder."""
    rae = RAE(
        checkpoints.build(Encoder), checkpoints.build(Decoder), statistics(*LATENT[1:]))
    for part, module in (("encoder", rae.encoder), ("decoder", rae.decoder)):
        print(f"  {part}: {sum(p.numel() for p in module.parameters()):,} parameters", flush=True)
    save(rae.encoder.state_dict(), options.folder / ENCODER, {"format": "pt"})
    checkpoints.write("bare", rae.decoder, options.folder / DECODER)
    torch.save(rae.statistics, options.folder / STATISTICS)
    return rae


@torch.inference_mode()
def write(options):
    """Writes all files and returns inputs of the autoencoder with PyTorch's results."""
    for file in (ENCODER, DECODER, STATISTICS, GUIDE):
        (options.folder / file).parent.mkdir(parents=True, exist_ok=True)
    latents = sampled(noise(options), options)
    gc.collect()
    rae = autoencoder(options)
    generator = torch.Generator().manual_seed(3)
    picture = torch.randint(0, 256, PICTURE, generator=generator, dtype=torch.uint8)
    pixels, given = picture.permute(0, 3, 1, 2), torch.randn(LATENT, generator=generator)
    with Stopwatch("encoder"):
        encoded = rae.encode(pixels / 255)
    with Stopwatch("decoder"):
        decoded = rae.decode(given)
    return {"picture": picture, "z": given}, {
        "decoded": decoded, "painted": to_bytes(rae.decode(latents)), "encoded": encoded,
        "encoded in float64": rae.with_double_encoder().encode(pixels.double() / 255)}


def encode(picture, options):
    """Returns what `mixflow latents` makes of a picture."""
    folder = options.folder / "pictures/one"
    folder.mkdir(parents=True)
    write_png(picture[0], folder / "picture.png")
    files = [part for file in (ENCODER, DECODER, STATISTICS) for part in ("--autoencoder", file)]
    run(
        options.mixflow, "latents", "pictures", *files, "--output", "encoded.safetensors", "--quiet",
        folder=options.folder)
    return load(options.folder / "encoded.safetensors")[0]["samples"][0]


def decode(latents, options):
    """Returns our pictures of latents before they are rounded to bytes."""
    save({"z": latents}, options.folder / "z.safetensors")
    run(
        options.benchmark, "decode", ENCODER, DECODER, STATISTICS, "--inputs", "z.safetensors",
        "--output", "decoded.safetensors", folder=options.folder)
    return load(options.folder / "decoded.safetensors")[0]["out"]


def paint(checkpoint, options):
    """Samples one picture with RAE's configuration and compares it, byte by byte."""
    inputs, expected = write(options)
    gc.collect()
    for file in (ENCODER, DECODER, STATISTICS, GUIDE):
        run(options.mixflow, "inspect", options.folder / file, about=file)
    # PyTorch's float32 misplaces the pixels of the resized picture by more than all else adds up to.
    encoded, precise = encode(inputs["picture"], options), expected["encoded in float64"]
    agree("encoder in float64", encoded, precise)
    error = difference(expected["encoded"], precise)
    print(f"  encoder in float64: PyTorch's own float32 is {error:.1e} away")
    agree("decoder", decode(inputs["z"], options), expected["decoded"])
    run(
        options.mixflow, "sample", "--config", CONFIGURATION, "--ckpt", checkpoint, "--out", "samples",
        "--num", 1, "--classes", CLASS, "--steps", POINTS, folder=options.folder)
    painted = read_archive(options.folder / "samples/samples.npz", PICTURE)
    apart = (painted.int() - expected["painted"].int()).abs()
    count, most = apart.count_nonzero().item(), apart.max().item()
    print(f"  picture: {count:,} of {apart.numel():,} bytes differ from PyTorch's, by {most} at most")
    if most > 1 or count > BYTES_LIMIT * apart.numel():
        sys.exit("real-sizes: the picture differs from PyTorch's")
