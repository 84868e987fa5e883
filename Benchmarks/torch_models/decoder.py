"""RAE's decoder, a ViT from features of images to pixels."""

import torch
import torch.nn.functional as F
from torch import nn

from torch_models.embeddings import sin_cos_positions, unpatchify
from torch_models.layers import Dense, Threefold


class Layer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.layernorm_before = nn.LayerNorm(width, eps=1e-12)
        self.attention = Threefold(width, heads)
        self.layernorm_after = nn.LayerNorm(width, eps=1e-12)
        self.intermediate = Dense(width, hidden)
        self.output = Dense(hidden, width)

    def forward(self, x):
        x = x + self.attention(self.layernorm_before(x))
        return x + self.output(F.gelu(self.intermediate(self.layernorm_after(x))))


class Decoder(nn.Module):
    """Maps tokens `[B, T, latent]` to patches `[B, T, p · p · 3]`; the defaults are those of ViT-XL."""

    def __init__(
        self, *, hidden_size=768, decoder_hidden_size=1152, decoder_num_attention_heads=16,
        decoder_num_hidden_layers=28, decoder_intermediate_size=4096, patch_size=16, grid=16,
        num_channels=3, **_,
    ):
        super().__init__()
        width, self.patch, self.channels = decoder_hidden_size, patch_size, num_channels
        self.trainable_cls_token = nn.Parameter(torch.zeros(1, 1, width))
        first = torch.zeros(1, 1, width)
        positions = torch.cat([first, sin_cos_positions(width, grid)], 1)
        self.decoder_pos_embed = nn.Parameter(positions, requires_grad=False)
        self.decoder_embed = nn.Linear(hidden_size, width)
        self.decoder_layers = nn.ModuleList(
            Layer(width, decoder_num_attention_heads, decoder_intermediate_size)
            for _ in range(decoder_num_hidden_layers))
        self.decoder_norm = nn.LayerNorm(width, eps=1e-12)
        self.decoder_pred = nn.Linear(width, patch_size**2 * num_channels)

    def forward(self, tokens):
        x = self.decoder_embed(tokens)
        first = self.trainable_cls_token.expand(len(x), -1, -1)
        x = torch.cat([first, x], 1) + self.decoder_pos_embed
        for layer in self.decoder_layers:
            x = layer(x)
        return self.decoder_pred(self.decoder_norm(x))[:, 1:]

    def images(self, patches):
        return unpatchify(patches, self.patch, self.channels)
