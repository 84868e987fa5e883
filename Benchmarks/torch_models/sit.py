"""SiT (Ma et al., 2024) and REPA's SiT (Yu et al., 2025)."""

import torch
from torch import nn

from torch_models.embeddings import Classes, Patches, Times, sin_cos_positions, unpatchify
from torch_models.layers import Block, FinalLayer


class SiT(nn.Module):
    """Predicts velocities of states `[B, C, H, W]`. Options are those of the official constructors."""

    def __init__(
        self, *, input_size=32, patch_size=2, in_channels=4, hidden_size=1152, depth=28, num_heads=16,
        num_classes=1000, learn_sigma=True, qk_norm=False, z_dims=(), projector_dim=2048,
        encoder_depth=8, **_,
    ):
        super().__init__()
        self.patch, self.channels, self.aligned = patch_size, in_channels, encoder_depth
        positions = sin_cos_positions(hidden_size, input_size // patch_size)
        self.pos_embed = nn.Parameter(positions, requires_grad=False)
        self.x_embedder = Patches(patch_size, in_channels, hidden_size)
        self.t_embedder = Times(hidden_size)
        self.y_embedder = Classes(num_classes, hidden_size)
        head_norm = nn.LayerNorm if qk_norm else None
        self.blocks = nn.ModuleList(
            [Block(hidden_size, num_heads, head_norm=head_norm) for _ in range(depth)])
        if z_dims:
            self.projectors = nn.ModuleList(
                [projector(hidden_size, projector_dim, features) for features in z_dims])
        self.outputs = in_channels * (2 if learn_sigma else 1)
        self.final_layer = FinalLayer(hidden_size, patch_size**2 * self.outputs)

    def forward(self, x, t, y):
        condition = (self.t_embedder(t) + self.y_embedder(y))[:, None]
        x = self.x_embedder(x) + self.pos_embed
        for block in self.blocks:
            x = block(x, condition)
        return unpatchify(self.final_layer(x, condition), self.patch, self.outputs)[:, : self.channels]


def projector(width, hidden, features):
    """Maps tokens to an encoder's features; the prediction does not need it, its checkpoint has it."""
    return nn.Sequential(
        nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU(),
        nn.Linear(hidden, features))


def REPA(**options):
    """REPA's SiT, which learns no variances."""
    return SiT(**{"z_dims": [768], **options, "learn_sigma": False})
