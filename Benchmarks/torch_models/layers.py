"""Blocks of transformers that are modulated by a condition."""

import torch
import torch.nn.functional as F
from torch import nn


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.weight


def plain_norm(width):
    return nn.LayerNorm(width, elementwise_affine=False, eps=1e-6)


def norm(width, rms):
    return RMSNorm(width) if rms else plain_norm(width)


class Attention(nn.Module):
    """Self-attention; `head_norm` makes the normalisation of queries and of keys, if there is one."""

    def __init__(self, width, heads, head_norm=None):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        if head_norm:
            self.q_norm = head_norm(width // heads)
            self.k_norm = head_norm(width // heads)
        self.has_norms = head_norm is not None
        self.proj = nn.Linear(width, width)

    def forward(self, x, rotary=None):
        q, k, v = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        if self.has_norms:
            q, k = self.q_norm(q), self.k_norm(k)
        if rotary is not None:
            q, k = rotary(q), rotary(k)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).flatten(2))


class Dense(nn.Module):
    """A linear layer under the key `dense`, as transformers' ViT has it."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.dense = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.dense(x)


class Threefold(nn.Module):
    """Attention with separate weights for queries, keys and values."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.attention = nn.ModuleDict(
            {name: nn.Linear(width, width) for name in ("query", "key", "value")})
        self.output = Dense(width, width)

    def forward(self, x):
        q, k, v = (
            self.attention[name](x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for name in ("query", "key", "value"))
        return self.output(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class SwiGLU(nn.Module):
    def __init__(self, width):
        super().__init__()
        hidden = int(2 / 3 * 4 * width)
        self.w12 = nn.Linear(width, 2 * hidden)
        self.w3 = nn.Linear(hidden, width)

    def forward(self, x):
        gate, value = self.w12(x).chunk(2, -1)
        return self.w3(F.silu(gate) * value)


def modulation(width, parts):
    return nn.Sequential(nn.SiLU(), nn.Linear(width, parts * width))


def modulate(x, shift, scale):
    return x * (1 + scale) + shift


class Block(nn.Module):
    """A block whose condition is `[B, 1, D]`, or `[B, T, D]` for one of each token."""

    def __init__(self, width, heads, rms=False, gated=False, head_norm=None):
        super().__init__()
        self.norm1 = norm(width, rms)
        # The optimizer numbers the parameters in the order of the official block.
        self.norm2 = norm(width, rms)
        self.attn = Attention(width, heads, head_norm)
        self.mlp = SwiGLU(width) if gated else MLP(width)
        self.adaLN_modulation = modulation(width, 6)

    def forward(self, x, condition, rotary=None):
        shift1, scale1, gate1, shift2, scale2, gate2 = self.adaLN_modulation(condition).chunk(6, -1)
        x = x + gate1 * self.attn(modulate(self.norm1(x), shift1, scale1), rotary)
        return x + gate2 * self.mlp(modulate(self.norm2(x), shift2, scale2))


class FinalLayer(nn.Module):
    def __init__(self, width, outputs, rms=False):
        super().__init__()
        self.norm_final = norm(width, rms)
        self.linear = nn.Linear(width, outputs)
        self.adaLN_modulation = modulation(width, 2)

    def forward(self, x, condition):
        shift, scale = self.adaLN_modulation(condition).chunk(2, -1)
        return self.linear(modulate(self.norm_final(x), shift, scale))
