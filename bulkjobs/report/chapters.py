"""The questions that a labour-market report asks, in the order in which it tells the answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..analysis import Rows, questions
from ..analysis.questions import Answer

Ask = Callable[[Rows, str, dt.datetime | None], Answer]


@dataclass(frozen=True)
class Chapter:
    """Answers that belong together.

    Attributes
    ----------
    title, lead : str
        What it is about, and how to read it.
    answers : mapping of str to Answer
        By the names that their figures have in the report's data.
    """

    title: str
    lead: str
    answers: Mapping[str, Answer]


_CHAPTERS: tuple[tuple[str, str, Mapping[str, Ask]], ...] = (
    (
        "Demand",
        "How many vacancies were put up, how many were open at a time, and how long they stayed. A vacancy that was "
        "put up again counts once among the new ones.",
        {
            "new_over_time": lambda frame, of, _: questions.over_time(frame, of=of, unique=True),
            "open_over_time": lambda frame, of, until: questions.live(frame, until=until, of=of),
            "time_to_close": lambda frame, of, until: questions.time_to_close(frame, until=until, of=of),
        },
    ),
    (
        "Employers and jobs",
        "Who hires, and for what. Names and titles are counted as they are written; the change is that "
        "from the earlier half of the postings to the later, in percentage points of those that state one.",
        {
            "companies": lambda frame, of, _: questions.top(frame, "company_name", of=of, unique=True),
            "titles": lambda frame, of, _: questions.top(frame, "title", of=of, unique=True),
        },
    ),
    (
        "Places",
        "Where the jobs are, as far as the place that was stated tells it, and how many of them can be done from home.",
        {
            "countries": lambda frame, of, _: questions.by_country(frame, of=of, unique=True),
            "cities": lambda frame, of, _: questions.top(frame, "city", of=of, unique=True),
            "work_mode": lambda frame, of, _: questions.remote_share(frame, of=of, unique=True),
        },
    ),
    (
        "Skills",
        "What is asked for in title and text. A skill counts once a vacancy; one that is in no list is not seen.",
        {
            "skills": lambda frame, of, _: questions.top(frame, "skills", of=of, count=20, unique=True),
            "skills_together": lambda frame, of, _: questions.together(frame, of=of, unique=True),
        },
    ),
    (
        "Pay",
        "The yearly pay of vacancies that state one: the middle between the least and the most, in one currency. "
        "Hourly to monthly pay is made a year's of full time.",
        {
            "pay": lambda frame, of, _: questions.salaries(frame, of=of, unique=True),
            "pay_by_level": lambda frame, of, _: questions.salaries(frame, "level", of=of, unique=True),
        },
    ),
    (
        "Terms",
        "Level and type of employment, as stated or as the title tells them.",
        {
            "levels": lambda frame, of, _: questions.top(frame, "level", of=of, unique=True),
            "employment": lambda frame, of, _: questions.top(frame, "employment", of=of, unique=True),
        },
    ),
)


TOLD_BY_CHART = {"companies", "titles", "cities", "skills", "levels", "employment"}
"""Answers whose charts tell every number, so that their tables need not be seen at first."""


def chapters(frame: Rows, of: str, until: dt.datetime | None) -> tuple[Chapter, ...]:
    """Ask all questions.

    Parameters
    ----------
    frame : Rows
        Enriched postings.
    of : str
        What they are, for titles.
    until : datetime or None
        Up to when they were watched (UTC).
    """
    return tuple(
        Chapter(title, lead, {name: ask(frame, of, until) for name, ask in asked.items()})
        for title, lead, asked in _CHAPTERS
    )
