"""The 17 filter fields of the service as data (contract section 3): forms, the CLI and validation read this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["from", "to", "text", "domain", "url", "integer", "boolean"]


@dataclass(frozen=True, slots=True)
class Field:
    """One filter field.

    Attributes
    ----------
    name : str
        The field's name in the service's filter body.
    kind : str
        ``"from"``/``"to"`` (a date-time bound), ``"text"`` (full text with operators), ``"domain"``, ``"url"``,
        ``"integer"`` or ``"boolean"``.
    help : str
        One line for a person.
    """

    name: str
    kind: Kind
    help: str

    @property
    def label(self) -> str:
        """The field's name in words, for forms."""
        words = self.name.removesuffix("_gte").removesuffix("_lte").replace("_", " ").capitalize()
        return words + {"from": " from", "to": " to"}.get(self.kind, "")


_ALL = (
    Field("title", "text", 'words of the job title; AND, OR, (groups), "exact phrases", prefix*'),
    Field("keyword_description", "text", "words of the description; same operators as the title"),
    Field("country", "text", 'country by its full English name, such as "United States"'),
    Field("location", "text", 'place as displayed, such as "San Francisco, CA"'),
    Field("employment_type", "text", "Full-time, Part-time, Contract, Temporary, Internship, Volunteer or Other"),
    Field("industry", "text", 'industry of the company, such as "Software Development"'),
    Field("created_at_gte", "from", "first seen at or after this time (UTC)"),
    Field("created_at_lte", "to", "first seen at or before this time (UTC); a bare date includes that day"),
    Field("last_updated_gte", "from", "record last updated at or after this time (UTC)"),
    Field(
        "last_updated_lte",
        "to",
        "record last updated at or before this time (UTC); a bare date includes that day",
    ),
    Field("application_active", "boolean", "whether the posting still took applications when last visited"),
    Field("deleted", "boolean", "whether the posting was gone when last visited"),
    Field("company_name", "text", "words of the company's name"),
    Field("company_id", "integer", "the service's id of the company"),
    Field("company_domain", "domain", 'domain of the company\'s website, such as "example.com"'),
    Field(
        "company_exact_website",
        "domain",
        'website of the company, exactly, such as "https://www.example.com"',
    ),
    Field("company_professional_network_url", "url", "address of the company's page on the professional network"),
)

FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
