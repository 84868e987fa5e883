"""Times MixFlow and PyTorch in turns on the same cores."""
