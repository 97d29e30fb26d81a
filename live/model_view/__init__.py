"""A layer of a torch model in the window: what is chosen, the runs beside the window, its channels, its pictures."""
