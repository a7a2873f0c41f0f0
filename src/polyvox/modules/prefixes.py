"""The words before a text or a recording that name its language and its modality."""

from __future__ import annotations

from dataclasses import dataclass

from polyvox.errors import PolyvoxError
from polyvox.item import UNKNOWN_LANGUAGE, Modality


@dataclass(frozen=True, slots=True)
class Prefixes:
    """What stands before an input (arXiv 2404.01616, appendix A.2); the section [prefix] of a recipe.

    `{tag}` becomes the language's BCP 47 tag, `{name}` its English name. Both are plain words of the language
    model, so that a language whose speech was never heard has a name that the model has read.

    >>> Prefixes().before(Modality.SPEECH, "el")
    '[el speech]'
    >>> Prefixes(text="In {name}: ").before(Modality.TEXT, "el")
    'In Greek: '
    """

    speech: str = "[{tag} speech]"
    text: str = "[{tag} text] "

    def __post_init__(self) -> None:
        for modality in Modality:
            try:
                getattr(self, modality).format(tag="", name="")
            except (KeyError, IndexError, ValueError) as error:
                raise PolyvoxError(
                    f"[prefix] {modality}: {getattr(self, modality)!r} may hold {{tag}} and {{name}} only"
                ) from error

    def before(self, modality: Modality, language: str = UNKNOWN_LANGUAGE) -> str:
        """The prefix of an input."""
        form: str = getattr(self, modality)
        if "{name}" not in form:
            return form.format(tag=language)
        from langcodes import Language

        return form.format(tag=language, name=Language.get(language).display_name())


NO_PREFIXES = Prefixes(speech="", text="")
