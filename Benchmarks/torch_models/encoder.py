"""DINOv2 with registers (Darcet et al., 2024), with the keys of transformers."""

import torch
import torch.nn.functional as F
from torch import nn

from torch_models.layers import Threefold


class Embeddings(nn.Module):
    """Maps pictures to a class token, registers and patches; registers have no position."""

    def __init__(self, width, grid, patch, registers):
        super().__init__()
        self.grid = grid
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.mask_token = nn.Parameter(torch.zeros(1, width))
        self.register_tokens = nn.Parameter(torch.zeros(1, registers, width))
        self.position_embeddings = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.patch_embeddings = nn.ModuleDict({"projection": nn.Conv2d(3, width, patch, patch)})

    def positions(self, rows, columns):
        """Returns the positions `[1, 1 + rows · columns, width]`."""
        first, table = self.position_embeddings[:, :1], self.position_embeddings[:, 1:]
        image = table.transpose(1, 2).unflatten(2, (self.grid, self.grid))
        if (rows, columns) != (self.grid, self.grid):
            image = F.interpolate(image, (rows, columns), mode="bicubic", antialias=True)
        return torch.cat([first, image.flatten(2).transpose(1, 2)], 1)

    def forward(self, pictures):
        x = self.patch_embeddings["projection"](pictures)
        positions = self.positions(*x.shape[2:])
        first = self.cls_token.expand(len(x), -1, -1)
        x = torch.cat([first, x.flatten(2).transpose(1, 2)], 1) + positions
        registers = self.register_tokens.expand(len(x), -1, -1)
        return torch.cat([x[:, :1], registers, x[:, 1:]], 1)


class Layer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attention = Threefold(width, heads)
        self.layer_scale1 = nn.ParameterDict({"lambda1": torch.ones(width)})
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})
        self.layer_scale2 = nn.ParameterDict({"lambda1": torch.ones(width)})

    def forward(self, x):
        x = x + self.layer_scale1["lambda1"] * self.attention(self.norm1(x))
        y = self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))
        return x + self.layer_scale2["lambda1"] * y


class Encoder(nn.Module):
    """Maps normalised pictures `[B, 3, H, W]` to tokens; the defaults are those of DINOv2-B."""

    def __init__(
        self, *, hidden_size=768, num_hidden_layers=12, num_attention_heads=12, mlp_ratio=4,
        image_size=518, patch_size=14, num_register_tokens=4, **_,
    ):
        super().__init__()
        width, self.special = hidden_size, 1 + num_register_tokens
        self.embeddings = Embeddings(
            width, image_size // patch_size, patch_size, num_register_tokens)
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(
            Layer(width, num_attention_heads, mlp_ratio * width)
            for _ in range(num_hidden_layers))})
        self.layernorm = nn.LayerNorm(width, eps=1e-6)

    def hidden(self, pictures):
        """Returns the class token, the registers and the patches before the last normalisation."""
        x = self.embeddings(pictures)
        for layer in self.encoder["layer"]:
            x = layer(x)
        return x

    def forward(self, pictures):
        return self.layernorm(self.hidden(pictures))

    def patches(self, pictures):
        """Returns the patches, normalised without gain and shift, as RAE takes them."""
        x = self.hidden(pictures)[:, self.special :]
        return F.layer_norm(x, x.shape[-1:], eps=1e-6)
