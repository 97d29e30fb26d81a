"""Checkpoints: what torch.save and safetensors write, read without running it, and which of its weights are meant."""
