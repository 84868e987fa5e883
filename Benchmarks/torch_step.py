"""One SiT step in PyTorch for each line on standard input; answers with its seconds.

usage: torch_step.py MODEL BATCH train|forward THREADS eager|compile
"""

import math
import os
import sys
import time

model_name, batch, mode, threads, variant = sys.argv[1:6]
batch, threads = int(batch), int(threads)
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(threads)
torch.manual_seed(0)

# width, depth, heads, input size, patch, channels
SIZES = {
    "tiny": (128, 6, 4, 16, 2, 3),
    "S/2": (384, 12, 6, 32, 2, 4),
    "B/2": (768, 12, 12, 32, 2, 4),
    "XL/2": (1152, 28, 16, 32, 2, 4),
}
WIDTH, DEPTH, HEADS, SIZE, PATCH, CHANNELS = SIZES[model_name]


def modulate(x, shift, scale):
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, WIDTH))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, elementwise_affine=False, eps=1e-6)
        self.norm2 = nn.LayerNorm(WIDTH, elementwise_affine=False, eps=1e-6)
        self.attn = Attention()
        self.fc1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.fc2 = nn.Linear(4 * WIDTH, WIDTH)
        self.modulation = nn.Linear(WIDTH, 6 * WIDTH)

    def forward(self, x, c):
        s1, k1, g1, s2, k2, g2 = self.modulation(F.silu(c)).chunk(6, 1)
        x = x + g1.unsqueeze(1) * self.attn(modulate(self.norm1(x), s1, k1))
        h = self.fc2(F.gelu(self.fc1(modulate(self.norm2(x), s2, k2)), approximate="tanh"))
        return x + g2.unsqueeze(1) * h


class SiT(nn.Module):
    def __init__(self):
        super().__init__()
        grid = SIZE // PATCH
        self.patch = nn.Conv2d(CHANNELS, WIDTH, PATCH, PATCH)
        self.positions = nn.Parameter(torch.zeros(1, grid * grid, WIDTH), requires_grad=False)
        self.time = nn.Sequential(nn.Linear(256, WIDTH), nn.SiLU(), nn.Linear(WIDTH, WIDTH))
        self.label = nn.Embedding(1001, WIDTH)
        self.blocks = nn.ModuleList([Block() for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(WIDTH, elementwise_affine=False, eps=1e-6)
        self.modulation = nn.Linear(WIDTH, 2 * WIDTH)
        self.head = nn.Linear(WIDTH, PATCH * PATCH * 2 * CHANNELS)

    def forward(self, x, t, y):
        frequencies = torch.exp(-math.log(10000) * torch.arange(128, dtype=torch.float32) / 128)
        angles = t[:, None] * frequencies[None]
        c = self.time(torch.cat([angles.cos(), angles.sin()], -1)) + self.label(y)
        x = self.patch(x).flatten(2).transpose(1, 2) + self.positions
        for block in self.blocks:
            x = block(x, c)
        shift, scale = self.modulation(F.silu(c)).chunk(2, 1)
        x = self.head(modulate(self.norm(x), shift, scale))
        g = SIZE // PATCH
        x = x.reshape(-1, g, g, PATCH, PATCH, 2 * CHANNELS)
        x = torch.einsum("nhwpqc->nchpwq", x).reshape(-1, 2 * CHANNELS, SIZE, SIZE)
        return x[:, :CHANNELS]


net = SiT()
with torch.no_grad():
    for p in net.parameters():
        if p.requires_grad:
            p.normal_(0, 0.02)
call = torch.compile(net) if variant == "compile" else net
trainable = [p for p in net.parameters() if p.requires_grad]
averages = [p.detach().clone() for p in trainable]
optimizer = torch.optim.AdamW(trainable, lr=1e-4, weight_decay=0, fused=True)
x1 = torch.randn(batch, CHANNELS, SIZE, SIZE)
y = torch.randint(0, 1000, (batch,))


def step():
    t = torch.rand(batch)
    if mode == "forward":
        with torch.no_grad():
            call(x1, t, y)
        return
    x0 = torch.randn_like(x1)
    w = t.view(-1, 1, 1, 1)
    optimizer.zero_grad(set_to_none=True)
    loss = ((call(w * x1 + (1 - w) * x0, t, y) - (x1 - x0)) ** 2).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trainable, 1.0)
    optimizer.step()
    with torch.no_grad():
        torch._foreach_lerp_(averages, trainable, 1e-4)


print("ready", torch.__version__, flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    step()
    print(time.perf_counter() - start, flush=True)
