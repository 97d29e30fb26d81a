"""What a page in Chromium shows: the pixels of its canvas."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from chromium import Tab, wait_until

from convviz_core.arrays import ByteArray

READ = """(() => {
  const canvas = document.getElementById("canvas");
  const bytes = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [canvas.width, canvas.height, btoa(text)];
})()"""


def complaints(tab: Tab) -> list[str]:
    """What the browser wrote to its console, but for how these tests read the canvas."""
    return [line for line in tab.console if "willReadFrequently" not in line]


def drawn(tab: Tab) -> ByteArray:
    """The page's canvas, uint8 BGR (H, W, 3)."""
    width, height, text = tab.evaluate(READ)
    pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGR), np.uint8)


def shows(tab: Tab, canvas: ByteArray) -> None:
    """Wait until the page shows exactly that."""

    def same() -> bool:
        found = drawn(tab)
        return found.shape == canvas.shape and bool((found == canvas).all())

    wait_until(same, "the canvas to be there without a loss")
