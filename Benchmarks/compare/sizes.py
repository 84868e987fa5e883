"""The models and what their steps cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    width: int
    depth: int
    heads: int
    side: int = 32
    channels: int = 4
    patch: int = 2

    @property
    def grid(self):
        return self.side // self.patch

    @property
    def tokens(self):
        return self.grid**2

    @property
    def shape(self):
        return (self.channels, self.side, self.side)

    def forward_operations(self, batch):
        """The floating-point operations of the matrix products and of attention."""
        d, t, pixels = self.width, self.tokens, self.patch**2 * self.channels
        block = 24 * t * d * d + 4 * t * t * d + 12 * d * d
        embedding = 2 * t * d * pixels + 2 * (256 * d + d * d)
        final = 2 * t * d * 2 * pixels + 4 * d * d
        return batch * (self.depth * block + embedding + final)


SIZES = {
    "tiny": Size(width=128, depth=6, heads=4, side=16, channels=3),
    "S/2": Size(width=384, depth=12, heads=6),
    "B/2": Size(width=768, depth=12, heads=12),
    "XL/2": Size(width=1152, depth=28, heads=16),
}
