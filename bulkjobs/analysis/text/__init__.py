"""Texts: their language, the plain text of them, and the skills that they name."""

from .language import language
from .plain import plain
from .skills import skills
from .taxonomy import Taxonomy, default_taxonomy, read_esco, read_onet, read_taxonomy

__all__ = ["Taxonomy", "default_taxonomy", "language", "plain", "read_esco", "read_onet", "read_taxonomy", "skills"]
