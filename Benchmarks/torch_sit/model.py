"""The network of SiT (Ma et al., 2024) as the official code defines it, with fused attention."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from compare.sizes import Size


def modulate(x, shift, scale):
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class Attention(nn.Module):
    def __init__(self, size: Size):
        super().__init__()
        self.heads = size.heads
        self.qkv = nn.Linear(size.width, 3 * size.width)
        self.proj = nn.Linear(size.width, size.width)

    def forward(self, x):
        b, n, width = x.shape
        parts = self.qkv(x).reshape(b, n, 3, self.heads, width // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(b, n, width))


class Block(nn.Module):
    def __init__(self, size: Size):
        super().__init__()
        width = size.width
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.attention = Attention(size)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.modulation = nn.Linear(width, 6 * width)

    def forward(self, x, c):
        s1, k1, g1, s2, k2, g2 = self.modulation(F.silu(c)).chunk(6, 1)
        x = x + g1.unsqueeze(1) * self.attention(modulate(self.norm1(x), s1, k1))
        h = F.gelu(self.fc1(modulate(self.norm2(x), s2, k2)), approximate="tanh")
        return x + g2.unsqueeze(1) * self.fc2(h)


class SiT(nn.Module):
    """Predicts velocities; all its weights are random, as in the middle of training."""

    classes = 1000

    def __init__(self, size: Size):
        super().__init__()
        self.size, width = size, size.width
        self.patch = nn.Conv2d(size.channels, width, size.patch, size.patch)
        self.positions = nn.Parameter(torch.zeros(1, size.tokens, width), requires_grad=False)
        self.time = nn.Sequential(nn.Linear(256, width), nn.SiLU(), nn.Linear(width, width))
        self.label = nn.Embedding(self.classes + 1, width)
        self.blocks = nn.ModuleList([Block(size) for _ in range(size.depth)])
        self.norm = nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)
        self.modulation = nn.Linear(width, 2 * width)
        self.head = nn.Linear(width, size.patch**2 * 2 * size.channels)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.normal_(0, 0.02)

    def forward(self, x, t, y):
        size = self.size
        frequencies = torch.exp(-math.log(10000) * torch.arange(128, dtype=torch.float32) / 128)
        angles = t[:, None] * frequencies[None]
        c = self.time(torch.cat([angles.cos(), angles.sin()], -1)) + self.label(y)
        x = self.patch(x).flatten(2).transpose(1, 2) + self.positions
        for block in self.blocks:
            x = block(x, c)
        shift, scale = self.modulation(F.silu(c)).chunk(2, 1)
        x = self.head(modulate(self.norm(x), shift, scale))
        x = x.reshape(-1, size.grid, size.grid, size.patch, size.patch, 2 * size.channels)
        x = torch.einsum("nhwpqc->nchpwq", x).reshape(-1, 2 * size.channels, size.side, size.side)
        return x[:, : size.channels]
