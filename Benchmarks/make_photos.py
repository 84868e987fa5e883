"""Writes class folders of JPEG files, as users have them, to measure how training waits for its data.

Each is an image of a data set in this repository, enlarged to 256 pixels, tinted, with noise:

    python make_photos.py data/fashion-mnist-16 photos --count 2000
"""

import argparse
import gzip
import pathlib

import numpy as np
from PIL import Image


def read_idx(path):
    data = gzip.decompress(path.read_bytes())
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=pathlib.Path, help="a folder of IDX files")
    parser.add_argument("target", type=pathlib.Path, help="the folder to write")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--size", type=int, default=256)
    arguments = parser.parse_args()
    images = read_idx(next(arguments.source.glob("train-images*")))
    labels = read_idx(next(arguments.source.glob("train-labels*")))
    random = np.random.default_rng(0)
    size = (arguments.size, arguments.size)
    for index in range(arguments.count):
        place = index % len(images)
        gray = np.asarray(Image.fromarray(images[place]).resize(size, Image.Resampling.BICUBIC), np.float32)
        pixels = gray[..., None] * random.uniform(0.4, 1, 3) + random.normal(0, 16, (*size, 3))
        folder = arguments.target / str(labels[place])
        folder.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        picture.save(folder / f"{index:06}.jpg", quality=90)


if __name__ == "__main__":
    main()
