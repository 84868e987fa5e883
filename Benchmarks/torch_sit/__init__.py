"""SiT in PyTorch with the settings that are fastest on CPUs, for comparison."""
