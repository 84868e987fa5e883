"""The results as a table and as JSON."""

import json

KEYS = ["ours_s", "torch_eager_s", "torch_compile_s", "speedup", "floor", "goal", "share_of_peak",
        "rss_ours", "rss_torch", "others_cpu"]


def entry(row, result, peak):
    """The JSON object of a row: the keys that all rows have, then those of its own."""
    result = dict(result)
    if "samples_others_cpu" in result:
        others = [value for values in result["samples_others_cpu"].values() for value in values]
        result["others_cpu"] = sum(others) / len(others)
    if "gigaflops" in result:
        result["share_of_peak"] = result["gigaflops"] / peak
    result |= {"floor": row.floor, "goal": row.goal, "measure": row.measure}
    common = {key: result.pop(key, None) for key in KEYS}
    return {"name": row.name, **rounded(common), "title": row.title, **rounded(result)}


def rounded(value):
    """Rounds to what was measured."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return value


def write_json(path, machine, versions, rows):
    with open(path, "w") as file:
        json.dump({"machine": machine, "versions": versions, "rows": rows}, file, indent=1)
        file.write("\n")


HEADINGS = ["row", "ours", "eager", "compile", "speedup", "floor", "goal", "of peak", "MiB ours",
            "MiB torch", "others"]


def table(rows):
    """The rows as text; a time without `~` is a median of samples that nothing disturbed."""
    lines = [HEADINGS] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = ["  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                      for column, (cell, width) in enumerate(zip(line, widths)))
            for line in lines]
    notes = [f"{row['name']}: {note}" for row in rows for note in remarks(row)]
    return "\n".join(text + notes)


def cells(row):
    def seconds(name):
        clean = row.get(f"clean_{name}_s")
        value = clean or row.get(f"{name}_s")
        return "-" if value is None else f"{'' if clean else '~'}{value:.3g} s"

    def number(key, form):
        return "-" if row.get(key) is None else form.format(row[key])

    speedup = row.get("clean_speedup") or row["speedup"]
    return [
        row["name"], seconds("ours"), seconds("torch_eager"), seconds("torch_compile"),
        "-" if speedup is None else f"{speedup:.2f}", str(row["floor"]), str(row["goal"]),
        number("share_of_peak", "{:.0%}"), number("rss_ours", "{}"), number("rss_torch", "{}"),
        number("others_cpu", "{:.2f}"),
    ]


def remarks(row):
    """What a row says beside its columns."""
    if "skipped" in row:
        yield f"skipped: {row['skipped']}"
    if row["measure"] == "GiB" and row["rss_ours"]:
        yield (f"selective {row['rss_ours'] / 1024:.2f} GiB, {row['overhead']:+.0%} time;"
               f" full {row['rss_ours_full'] / 1024:.2f} GiB, {row['overhead_full']:+.0%} time")
    if "load_s" in row:
        yield f"load {row['load_s']:.3f} s, first velocity {row['first_velocity_s']:.3f} s"
    for variant in ("eager", "compile"):
        if f"rss_torch_{variant}_without_ema" in row:
            yield (f"torch {variant} {row[f'rss_torch_{variant}']} MiB,"
                   f" without EMA {row[f'rss_torch_{variant}_without_ema']} MiB")
    if "rss_ours_in_backward" in row:
        yield f"ours with updates in the backward pass {row['rss_ours_in_backward']} MiB"
