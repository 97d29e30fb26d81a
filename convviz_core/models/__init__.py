"""Layers of torch models: loading a model, its layers in the order in which they run, what goes in, what they read."""
