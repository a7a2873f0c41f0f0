"""Sounds of a text: one IPA inventory for all languages, from espeak-ng's letter-to-sound rules."""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import threading
import unicodedata
from functools import lru_cache

from polyvox.train.engines.espeak import PACKAGE
from polyvox.train.engines.protocol import MissingEngineError
from polyvox.train.languages import espeak_voice

_IPA_MODE = 2
_UTF8 = 1
_SYNCHRONOUS = 2
_NASAL = "\u0303"
_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")
_lock = threading.Lock()


class MissingEspeakError(MissingEngineError):
    """espeak-ng is not installed."""

    def __init__(self) -> None:
        super().__init__(PACKAGE)


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise MissingEspeakError from error
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    if library.espeak_Initialize(_SYNCHRONOUS, 0, None, 0) < 0:
        raise MissingEspeakError
    return library


def ipa(text: str, language: str) -> str:
    """The IPA transcription that espeak-ng prints for a text, clauses joined by spaces.

    Raises:
        MissingEspeakError: espeak-ng is not installed.
        ValueError: espeak-ng does not read this language.
    """
    voice = espeak_voice(language)
    if voice is None:
        raise ValueError(f"espeak-ng does not read the language {language!r}")
    with _lock:
        library = _library()
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"this installation of espeak-ng has no voice {voice!r} for {language!r}")
        rest = ctypes.c_char_p(text.replace("\0", " ").encode())
        clauses = []
        while rest.value:
            clauses.append(library.espeak_TextToPhonemes(ctypes.pointer(rest), _UTF8, _IPA_MODE) or b"")
    return b" ".join(clauses).decode(errors="ignore")


def phones(transcription: str) -> list[str]:
    """IPA letters of a transcription: stress, length, tone, ties and secondary marks dropped, nasality kept.

    >>> phones("bɔ̃ʒˈuʁ tulmˈɔ̃d")
    ['b', 'ɔ̃', 'ʒ', 'u', 'ʁ', 't', 'u', 'l', 'm', 'ɔ̃', 'd']
    """
    found: list[str] = []
    for character in unicodedata.normalize("NFD", _LANGUAGE_SWITCH.sub(" ", transcription)):
        if character == _NASAL and found:
            found[-1] = found[-1].rstrip(_NASAL) + _NASAL
        elif unicodedata.category(character) in ("Ll", "Lo"):
            found.append(_MERGED.get(character, character))
    return found


_MERGED = {"g": "ɡ", "ᵻ": "ɪ", "ɚ": "ə", "ɜ": "ɛ", "ɫ": "l", "ɹ": "r", "ɾ": "r", "ɻ": "r", "ɐ": "a"}
"""Letters that differ in notation more than in sound, or that espeak-ng uses for one language only."""
