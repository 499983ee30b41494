"""What a language must bring so that a posting can be written in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Occupation:
    """The words of one field of work in one language.

    Attributes
    ----------
    titles : tuple of str
        Plain job titles; a title that stands twice is advertised twice as often.
    skills : tuple of str
        At least six words for the ``{skill}`` slots.
    duties : tuple of str
        Sentences that fit this field only.
    leaders : tuple of str
        Titles that carry their own rank.
    """

    titles: tuple[str, ...]
    skills: tuple[str, ...]
    duties: tuple[str, ...]
    leaders: tuple[str, ...]


def occupation(titles: str, skills: str, *duties: str, leaders: str = "") -> Occupation:
    """Write an occupation down in short: titles, skills and leaders are separated by ``|``."""
    return Occupation(
        titles=tuple(titles.split("|")),
        skills=tuple(skills.split("|")),
        duties=duties,
        leaders=tuple(leaders.split("|")) if leaders else (),
    )


@dataclass(frozen=True, slots=True)
class Headings:
    """What stands above the four parts of a description."""

    about: str
    duties: str
    needs: str
    benefits: str


@dataclass(frozen=True, slots=True)
class Language:
    """The prose of one language, in sentences that go with any posting.

    Sentences may hold the slots ``{company}``, ``{domain}``, ``{title}``, ``{place}``, ``{skill}``,
    ``{skill2}`` and ``{skill3}``.

    Attributes
    ----------
    stop : str
        What joins two sentences: a space, or nothing where the script needs none.
    anonymous : str
        Stands for a company that the vendor has no name for.
    forms : tuple of (str, str)
        Title patterns (``%s`` is the plain title) with the seniority each implies, repeated by frequency.
    remote, shift : str
        Title patterns for work from home and for work at night.
    headings : Headings
        What stands above the parts of a description.
    about, role, duties, needs, benefits, closings : tuple of str
        The sentences of each part.
    occupations : dict of str to Occupation
        By the fields of :data:`~bulkjobs.sandbox.vocabulary.sectors.FUNCTIONS`. Only English has all of them.
    """

    stop: str
    anonymous: str
    forms: tuple[tuple[str, str], ...]
    remote: str
    shift: str
    headings: Headings
    about: tuple[str, ...]
    role: tuple[str, ...]
    duties: tuple[str, ...]
    needs: tuple[str, ...]
    benefits: tuple[str, ...]
    closings: tuple[str, ...]
    occupations: dict[str, Occupation]
