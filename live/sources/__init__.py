"""Where frames come from: camera, stream, video, pictures, synthetic scene."""
