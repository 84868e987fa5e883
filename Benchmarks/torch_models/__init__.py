"""The networks of SiT, REPA and RAE in PyTorch, with the keys of the released checkpoints."""
