"""DiT-DH (Zheng et al., 2025), RAE's transformer with a wide head."""

import torch
import torch.nn.functional as F
from torch import nn

from torch_models.embeddings import Classes, FourierTimes, Patches, Rotary, sin_cos_positions, unpatchify
from torch_models.layers import Block, FinalLayer, RMSNorm


class DiTDH(nn.Module):
    """Predicts velocities of latents `[B, C, h, w]`; time 1 is noise.

    Widths, depths and heads are pairs, of the encoder and of the head.
    """

    def __init__(
        self, *, input_size=16, in_channels=768, hidden_size=(1152, 2048), depth=(28, 2),
        num_heads=(16, 16), num_classes=1000, use_qknorm=False, use_swiglu=True, use_rmsnorm=True,
        use_pos_embed=True, **_,
    ):
        super().__init__()
        widths, self.depth, self.channels = hidden_size, depth, in_channels
        if use_pos_embed:
            self.pos_embed = nn.Parameter(sin_cos_positions(widths[0], input_size))
        self.has_positions = use_pos_embed
        self.x_embedder = Patches(1, in_channels, widths[1])
        self.s_embedder = Patches(1, in_channels, widths[0])
        self.s_projector = nn.Linear(*widths) if widths[0] != widths[1] else nn.Identity()
        self.t_embedder = FourierTimes(widths[0])
        self.y_embedder = Classes(num_classes, widths[0])
        self.final_layer = FinalLayer(widths[1], in_channels, use_rmsnorm)
        self.enc_feat_rope = Rotary(widths[0] // num_heads[0], input_size)
        self.dec_feat_rope = Rotary(widths[1] // num_heads[1], input_size)
        head_norm = (RMSNorm if use_rmsnorm else nn.LayerNorm) if use_qknorm else None
        self.blocks = nn.ModuleList(
            Block(widths[stage], num_heads[stage], use_rmsnorm, use_swiglu, head_norm)
            for stage in (0, 1) for _ in range(depth[stage]))

    def forward(self, x, t, y):
        time = self.t_embedder(t)
        condition = F.silu(time + self.y_embedder(y))[:, None]
        s = self.s_embedder(x)
        if self.has_positions:
            s = s + self.pos_embed
        for block in self.blocks[: self.depth[0]]:
            s = block(s, condition, self.enc_feat_rope)
        s = self.s_projector(F.silu(time[:, None] + s))
        x = self.x_embedder(x)
        for block in self.blocks[self.depth[0] :]:
            x = block(x, s, self.dec_feat_rope)
        return unpatchify(self.final_layer(x, s), 1, self.channels)
