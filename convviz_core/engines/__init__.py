"""The engines, each in the modules that begin with its name; opening.py chooses among them."""
