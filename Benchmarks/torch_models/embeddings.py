"""Embeddings of patches, times, classes and positions."""

import math

import torch
from torch import nn


def sin_cos_positions(width, grid):
    """Returns the fixed table `[1, grid², width]`: columns in the first half of a row, rows in the second."""
    frequencies = 10000.0 ** (-torch.arange(width // 4, dtype=torch.float64) / (width // 4))
    angles = torch.arange(grid, dtype=torch.float64)[:, None] * frequencies
    waves = torch.cat([angles.sin(), angles.cos()], 1)
    columns = waves[None].expand(grid, grid, -1)
    rows = waves[:, None].expand(grid, grid, -1)
    return torch.cat([columns, rows], 2).reshape(1, grid * grid, width).float()


class Patches(nn.Module):
    """Maps images `[B, C, H, W]` to tokens `[B, T, D]`, row by row."""

    def __init__(self, patch, channels, width):
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class Times(nn.Module):
    """Cosines and sines of the time at 128 frequencies, and an MLP."""

    def __init__(self, width):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t):
        frequencies = torch.exp(-math.log(10000) * torch.arange(128, dtype=torch.float32) / 128)
        angles = t[:, None] * frequencies.to(t.dtype)
        return self.mlp(torch.cat([angles.cos(), angles.sin()], 1))


class FourierTimes(nn.Module):
    """Sines and cosines of the time at 256 random frequencies, and an MLP."""

    def __init__(self, width):
        super().__init__()
        self.W = nn.Parameter(torch.empty(256))
        self.mlp = nn.Sequential(nn.Linear(512, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t):
        angles = t[:, None] * self.W * 2 * math.pi
        return self.mlp(torch.cat([angles.sin(), angles.cos()], 1))


class Classes(nn.Module):
    """A vector for each class, and one for none."""

    def __init__(self, classes, width):
        super().__init__()
        self.embedding_table = nn.Embedding(classes + 1, width)

    def forward(self, y):
        return self.embedding_table(y)


class Rotary(nn.Module):
    """Turns pairs of a head's numbers: the first half of them by the row, the second by the column."""

    def __init__(self, head_width, grid):
        super().__init__()
        half = head_width // 2
        exponents = torch.arange(0, half, 2).float() / half
        angles = (torch.arange(grid).float()[:, None] / 10000.0**exponents).repeat_interleave(2, 1)
        rows = angles[:, None].expand(grid, grid, half)
        columns = angles[None].expand(grid, grid, half)
        angles = torch.cat([rows, columns], 2).reshape(grid * grid, head_width)
        self.register_buffer("freqs_cos", angles.cos())
        self.register_buffer("freqs_sin", angles.sin())

    def forward(self, x):
        first, second = x.unflatten(-1, (-1, 2)).unbind(-1)
        turned = torch.stack([-second, first], -1).flatten(-2)
        return x * self.freqs_cos + turned * self.freqs_sin


def unpatchify(tokens, patch, channels):
    """Maps tokens `[B, T, p · p · C]`, whose channels lie together, to images `[B, C, H, W]`."""
    grid = math.isqrt(tokens.shape[1])
    x = tokens.unflatten(1, (grid, grid)).unflatten(3, (patch, patch, channels))
    return torch.einsum("bhwpqc->bchpwq", x).flatten(4, 5).flatten(2, 3)
