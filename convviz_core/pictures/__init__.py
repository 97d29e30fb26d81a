"""Pictures in files, each kind by the library that reads it right: OpenCV, Pillow or PyAV."""

from convviz_core.pictures.kinds import PICTURE_SUFFIXES, Kind, kind_of
from convviz_core.pictures.picture import Picture, PictureError
from convviz_core.pictures.reading import read_pictures

__all__ = ["PICTURE_SUFFIXES", "Kind", "Picture", "PictureError", "kind_of", "read_pictures"]
