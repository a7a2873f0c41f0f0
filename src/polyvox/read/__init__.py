"""Files to items: text formats, any audio container, resampling, voice activity, language tags."""

from polyvox.read.file import read_file
from polyvox.read.formats import SUPPORTED_SUFFIXES
from polyvox.read.options import ReadOptions
from polyvox.read.sound import decode_audio, load_audio
from polyvox.read.walk import STDIN, Skipped, content_digest, walk

__all__ = [
    "STDIN",
    "SUPPORTED_SUFFIXES",
    "ReadOptions",
    "Skipped",
    "content_digest",
    "decode_audio",
    "load_audio",
    "read_file",
    "walk",
]
