"""Halide on the CPU; engine.py is the door."""
