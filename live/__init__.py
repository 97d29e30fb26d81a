"""The viewer: sources in, activation maps on the screen."""
