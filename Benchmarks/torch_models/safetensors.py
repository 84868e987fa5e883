"""Safetensors files with nothing but PyTorch."""

import ctypes
import json
import struct

import torch

DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "I64": torch.int64, "U8": torch.uint8,
}


def load(path):
    """Returns the tensors of a file, and what its metadata say, decoded where it is JSON."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata = {key: decoded(text) for key, text in header.pop("__metadata__", {}).items()}
    return {name: tensor(entry, data) for name, entry in header.items()}, metadata


def tensor(entry, data):
    start, end = entry["data_offsets"]
    dtype, shape = DTYPES[entry["dtype"]], entry["shape"]
    return torch.frombuffer(data[start:end], dtype=dtype).reshape(shape) if end > start else torch.empty(shape, dtype=dtype)


def decoded(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def save(tensors, path, metadata=None):
    """Writes a file in the order of the tensors."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    header, end = {"__metadata__": metadata} if metadata else {}, 0
    for name, value in tensors.items():
        start, end = end, end + value.numel() * value.element_size()
        header[name] = {
            "dtype": names[value.dtype], "shape": list(value.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in tensors.values():
            value = value.contiguous()
            file.write(ctypes.string_at(value.data_ptr(), value.numel() * value.element_size()))
