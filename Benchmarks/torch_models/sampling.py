"""RAE's sampler: Euler's method from noise at time 1 to data, away from a worse network."""

import torch


def times(points, shift):
    """Returns RAE's grid, from noise to data, shifted towards noise."""
    t = 1 - torch.linspace(0, 0.999, points)
    return shift * t / (1 + (shift - 1) * t)


def sample(network, guide, noise, labels, *, points, shift, scale):
    """Maps noise `[B, C, h, w]` to latents; a grid of `points` makes one step less."""
    x, grid = noise, times(points, shift)
    for t, following in zip(grid[:-1], grid[1:]):
        weak, strong = (net(x, t.expand(len(x)), labels) for net in (guide, network))
        x = x + (following - t) * (weak + scale * (strong - weak))
    return x
