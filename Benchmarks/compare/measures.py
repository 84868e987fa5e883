"""What each kind of row measures."""

from functools import partial

from compare.programs import TORCH_VARIANTS
from compare.sampling import Runner
from compare.starts import time_starts


def measure(row, programs, options, log):
    """Takes the samples of a row and returns what is reported of it."""
    kinds = {"train": compare_steps, "sample": compare_steps, "memory": compare_memory,
             "start": time_starts}
    return kinds[row.kind](row, programs, options, log)


def compare_steps(row, programs, options, log):
    """Compares our steps with PyTorch's."""
    step = (row.kind, row.model, row.batch)
    starters = {"ours": partial(programs.ours, *step)}
    for variant in TORCH_VARIANTS:
        starters[f"torch_{variant}"] = partial(programs.torch, variant, *step)
    result, ours, *torch = take_samples(starters, row, programs, options, log)
    result["speedup"] = min(s.median for s in torch) / ours.median
    if all(s.clean_median for s in (ours, *torch)):
        result["clean_speedup"] = min(s.clean_median for s in torch) / ours.clean_median
    result["rss_torch"] = min(s.peak_mebibytes for s in torch)
    if not row.together:
        for variant in TORCH_VARIANTS:
            log(f"  {variant} without EMA, for its memory")
            with programs.torch(variant, *step, "--without-ema") as server:
                server.seconds(2)
                result[f"rss_torch_{variant}_without_ema"] = server.peak_mebibytes()
        log("  ours with updates in the backward pass, for its memory")
        with programs.ours(*step, "--optimizer-in-backward") as server:
            result["ours_in_backward_s"] = server.seconds(2)
            result["rss_ours_in_backward"] = server.peak_mebibytes()
    return result


def compare_memory(row, programs, options, log):
    """Compares our training that makes activations again with that which keeps them."""
    step = ("train", row.model, row.batch)
    starters = {
        "ours": partial(programs.ours, *step, "--checkpointing", "selective"),
        "ours_full": partial(programs.ours, *step, "--checkpointing", "full"),
        "ours_keeping": partial(programs.ours, *step),
    }
    result, ours, full, keeping = take_samples(starters, row, programs, options, log)
    return result | {"overhead": ours.median / keeping.median - 1,
                     "overhead_full": full.median / keeping.median - 1}


def take_samples(starters, row, programs, options, log):
    """Returns what rows of steps have in common, and the samples of each program."""
    runner = Runner(starters, options.quiet, log)
    take = runner.side_by_side if row.together else runner.one_after_another
    take(options.steps, programs.measure_peak)
    result = {"versions": {name: text for name, text in runner.versions.items() if text}}
    for name, samples in runner.samples.items():
        result |= {f"{name}_s": samples.median, f"clean_{name}_s": samples.clean_median,
                   f"rss_{name}": samples.peak_mebibytes}
    result["samples"] = {name: s.seconds for name, s in runner.samples.items()}
    result["samples_others_cpu"] = {name: s.others for name, s in runner.samples.items()}
    result["gigaflops"] = row.operations / (result["clean_ours_s"] or result["ours_s"]) / 1e9
    return result, *runner.samples.values()
