"""From a scene and its layout to the canvas."""
