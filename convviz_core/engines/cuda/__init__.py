"""An NVIDIA card, through torch; engine.py is the door."""
