"""Pictures in files, of any kind that OpenCV, Pillow or PyAV reads right, as uint8 BGR."""

from convviz_core.pictures.kinds import PICTURE_SUFFIXES, Kind, kind_of

__all__ = ["PICTURE_SUFFIXES", "Kind", "kind_of"]
