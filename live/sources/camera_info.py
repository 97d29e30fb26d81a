"""What a camera is, what it offers, and what it gives: plain data, and the camera doctor's sentence about it."""

from __future__ import annotations

from dataclasses import dataclass

_CLEARLY = 1.25  # a rate this many times higher is worth a word


@dataclass(frozen=True)
class Offer:
    """A format and size that a camera offers, and its rates there in frames a second, the fastest first."""

    format: str
    size_wh: tuple[int, int]
    fps: tuple[float, ...]


@dataclass(frozen=True)
class CameraInfo:
    """A camera that is plugged in.

    index, device: what it is opened by. name, place: what it is called and where it is plugged in, which both
    stay when its number changes; `place` is "" where nobody tells. problem: why it cannot be used, "" if it can.
    """

    index: int
    device: str
    name: str
    place: str = ""
    offers: tuple[Offer, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Mode:
    """What a camera was asked for or has granted; None and "" where nothing was asked or nobody tells."""

    format: str = ""
    size_wh: tuple[int, int] | None = None
    fps: float | None = None

    def __str__(self) -> str:
        """For a person: "MJPG 1280x720 at 30 fps"."""
        size = f"{self.size_wh[0]}x{self.size_wh[1]}" if self.size_wh else ""
        rate = f"at {self.fps:g} fps" if self.fps else ""
        return " ".join(part for part in (self.format, size, rate) if part)


def doctor(granted: Mode, offered: tuple[Offer, ...], measured_fps: float) -> str | None:
    """One sentence when the camera, not the program, limits the rate, and what to do; None when it does not.

    `measured_fps` is the rate at which pictures come from the camera.
    """
    here = [offer for offer in offered if offer.size_wh == granted.size_wh and offer.fps]
    best = max(here, key=lambda offer: offer.fps[0], default=None)
    if best is not None and granted.size_wh is not None and best.format in ("MJPG", "YUYV"):
        own_fps = max((offer.fps[0] for offer in here if offer.format == granted.format), default=granted.fps)
        if own_fps and best.fps[0] >= _CLEARLY * own_fps and measured_fps * _CLEARLY < best.fps[0]:
            width, height = granted.size_wh
            return f"{measured_fps:.0f} fps because of {granted.format} at {width}x{height}: try --format {best.format}"
    if granted.fps and measured_fps * _CLEARLY < granted.fps:
        return (
            f"the camera gives {measured_fps:.0f} of its {granted.fps:g} fps: give it more light, or another USB port"
        )
    return None
