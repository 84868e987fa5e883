"""The steps that are timed, of training and of sampling."""

import torch

from torch_sit.model import SiT


def training_step(net: SiT, batch: int, compiled, with_ema: bool):
    """Returns a function that makes one step: forward, backward, clipping, fused AdamW, EMA."""
    net.train()
    weights = [p for p in net.parameters() if p.requires_grad]
    averages = [p.detach().clone() for p in weights] if with_ema else None
    optimizer = torch.optim.AdamW(weights, lr=1e-4, weight_decay=0, fused=True)
    x1 = torch.full((batch, *net.size.shape), 0.5)
    labels = torch.randint(0, net.classes, (batch,))
    predict = compiled(net)

    def step():
        optimizer.zero_grad(set_to_none=True)
        t, x0 = torch.rand(batch), torch.randn_like(x1)
        y = torch.where(torch.rand(batch) < 0.1, net.classes, labels)
        w = t.view(-1, 1, 1, 1)
        loss = (predict(w * x1 + (1 - w) * x0, t, y) - (x1 - x0)).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        if averages is not None:
            with torch.no_grad():
                torch._foreach_lerp_(averages, weights, 1e-4)

    return step


def sampling_run(net: SiT, batch: int, steps: int, compiled):
    """Returns a function that makes some Euler steps of noise, both predictions of guidance in one
    batch."""
    net.eval()
    labels = torch.randint(0, net.classes, (batch,))
    both = torch.cat([labels, torch.full_like(labels, net.classes)])

    @compiled
    def euler(x, t, both):
        conditional, unconditional = net(torch.cat([x, x]), t, both).chunk(2)
        return x + (unconditional + 4 * (conditional - unconditional)) / steps

    @torch.inference_mode()
    def run():
        x = torch.randn(batch, *net.size.shape)
        for index in range(steps):
            x = euler(x, torch.full((2 * batch,), index / steps), both)

    return run
