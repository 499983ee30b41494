"""The words of the sandbox's postings: languages, sectors, places, pay, invented companies."""

from __future__ import annotations

from .chinese import CHINESE
from .english import ENGLISH
from .french import FRENCH
from .german import GERMAN
from .japanese import JAPANESE
from .language import Language
from .portuguese import PORTUGUESE
from .spanish import SPANISH

LANGUAGES: dict[str, Language] = {
    "de": GERMAN,
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
    "ja": JAPANESE,
    "pt": PORTUGUESE,
    "zh": CHINESE,
}
"""By the codes that a country's ``languages`` lists."""
