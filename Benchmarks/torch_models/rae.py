"""RAE (Zheng et al., 2025): DINOv2's features as latents, and their decoder."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F

from torch_models.decoder import Decoder
from torch_models.encoder import Encoder

EPSILON = 1e-5


def colours(*values):
    return torch.tensor(values)[:, None, None]


MEAN, DEVIATION = colours(0.485, 0.456, 0.406), colours(0.229, 0.224, 0.225)


@dataclass(frozen=True)
class RAE:
    """Encodes pictures `[B, 3, H, W]` in `[0, 1]` and decodes latents `[B, C, h, w]`.

    Statistics are means and variances of latents, `[C, h, w]` each.
    """

    encoder: Encoder
    decoder: Decoder
    statistics: dict
    input_size: int = 224

    def with_double_encoder(self):
        """Turns the encoder's weights into float64, and returns the autoencoder with them."""
        precise = {name: value.double() for name, value in self.statistics.items()}
        return replace(self, encoder=self.encoder.double(), statistics=precise)

    @property
    def deviation(self):
        return (self.statistics["var"] + EPSILON).sqrt()

    def resized(self, pictures):
        size = (self.input_size, self.input_size)
        if tuple(pictures.shape[2:]) == size:
            return pictures
        return F.interpolate(pictures, size, mode="bicubic")

    def encode(self, pictures):
        tokens = self.encoder.patches((self.resized(pictures) - MEAN) / DEVIATION)
        side = math.isqrt(tokens.shape[1])
        latents = tokens.transpose(1, 2).unflatten(2, (side, side))
        return (latents - self.statistics["mean"]) / self.deviation

    def decode(self, latents):
        latents = latents * self.deviation + self.statistics["mean"]
        patches = self.decoder(latents.flatten(2).transpose(1, 2))
        return self.decoder.images(patches) * DEVIATION + MEAN


def statistics(*shape):
    """Returns random statistics, no variance near zero."""
    generator = torch.Generator().manual_seed(2)
    return {
        "mean": torch.randn(shape, generator=generator),
        "var": 0.5 + torch.rand(shape, generator=generator),
    }
