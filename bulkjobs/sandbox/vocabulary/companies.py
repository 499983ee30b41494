"""About 1,500 invented companies: the same ones, with the same ids, for every seed."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from .places import COUNTRIES, Country
from .sectors import SECTORS, Sector


class Company(NamedTuple):
    """An employer.

    Attributes
    ----------
    id : int
        The record's ``company_id``.
    name : str
        The record's ``company_name``.
    slug : str
        The name as addresses spell it.
    sector : Sector
        Its branch of the economy.
    """

    id: int
    name: str
    slug: str
    sector: Sector

    @property
    def url(self) -> str:
        """Page on the network: the record's ``company_url``."""
        return f"https://www.professional-network.example/company/{self.slug}"

    @property
    def domain(self) -> str:
        """Web domain of its own."""
        return f"{self.slug}.example"


class _Script(NamedTuple):
    """How names are made in a script other than Latin."""

    form: str
    roots: dict[str, str]  # with their spelling in Latin letters
    tails: tuple[str, ...]

    def name(self, turn: int) -> tuple[str, str]:
        """Give the name of a turn, and what its address starts with; there are roots times tails of them."""
        root, roman = list(self.roots.items())[turn % len(self.roots)]
        tail = self.tails[turn // len(self.roots) % len(self.tails)]
        return self.form % f"{root}{tail}", roman


_ROOTS = (
    "Aldermoss|Ambrosal|Birchanor|Bluefathom|Brackenfell|Çamova|Caldwyn|Cindervale|Clairébois|Copperlark|Driftmark"
    "|Dunmarrow|Elmsworthy|Emberline|Farrowind|Fennimoor|Foxglade|Glenharrow|Gossamere|Grünfels|Halcyra|Hazelthorn"
    "|Heronsea|Inkwater|Ironquay|Jadefern|Juniperry|Kelpstone|Kestrelway|Kinloam|Larkspurr|Lindenholt|Lumenfold"
    "|Marrowgate|Mistralen|Mosshart|Nettlebrook|Norrvik|Northwind|Oakumber|Orchidane|Oriovex|Ostelle|Pebblerun"
    "|Peñaclara|Pinebarrow|Plovertide|Quartzel|Quenlow|Quillhaven|Ravenmoor|Rookhaven|Sablecrest|Saltmere"
    "|Silverbight|Sørhaven|Tarnwick|Tessalane|Thistleby|Tidewell|Ulvara|Umberlight|Vantorra|Velmora|Vesperline"
    "|Wexhollow|Willowmarch|Yarrowdale|Zephyrane|Żurawin"
)

# Every other company of these countries writes its name in its own script; addresses are romanised.
_LOCAL_NAMES = {
    "Japan": _Script(
        "株式会社%s",
        {
            "ミナカゼ": "minakaze",
            "アサナギリ": "asanagiri",
            "トキワタリ": "tokiwatari",
            "ホシミナト": "hoshiminato",
            "ユキアカリ": "yukiakari",
        },
        ("産業", "商会", "工業", "ホールディングス"),
    ),
    "China": _Script(
        "%s有限公司",
        {
            "澜桥云": "lanqiaoyun",
            "青屿汐": "qingyuxi",
            "禾光岚": "heguanglan",
            "星渡川": "xingduchuan",
            "松影湾": "songyingwan",
        },
        ("实业", "集团", "控股", "企业"),
    ),
}

# The example company of `api-contract.md` 7.1.
_EXAMPLE = ("Northwind", "Tidal")
_EXAMPLE_ID = 7_300_412
_EXAMPLE_COUNTRY = "Portugal"

_COMPANIES_PER_THOUSAND = 1.5  # companies for each thousandth of the postings that a country has
_FEWEST = 4
_STRIDE = 1_009  # prime, and no factor of the number of names: a walk by it visits each name once


def slug(name: str) -> str:
    """Spell a name as an address does: ASCII letters, digits and single hyphens."""
    letters = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("&", " and "))
    return re.sub(r"[^a-z0-9]+", "-", letters.encode("ascii", "ignore").decode().lower())


@cache
def companies_of() -> dict[str, tuple[Company, ...]]:
    """Give the companies of each country, by the country's name.

    Returns
    -------
    dict of str to tuple of Company
        Every country of :data:`~bulkjobs.sandbox.vocabulary.places.COUNTRIES` has at least four.
    """
    names = [(root, tail, sector) for root in _ROOTS.split("|") for sector in SECTORS for tail in sector.tails]
    names = [name for name in names if name[:2] != _EXAMPLE]
    found: dict[str, tuple[Company, ...]] = {}
    used = 0
    for country in COUNTRIES:
        size = max(_FEWEST, int(country.weight * _COMPANIES_PER_THOUSAND))
        found[country.name] = tuple(
            _company(country, turn, 1_000_000 + (used + turn) * 7_919, *names[(used + turn) * _STRIDE % len(names)])
            for turn in range(size)
        )
        used += size
    found[_EXAMPLE_COUNTRY] = (_example(), *found[_EXAMPLE_COUNTRY])
    return found


def _company(country: Country, turn: int, company_id: int, root: str, tail: str, sector: Sector) -> Company:
    latin = slug(f"{root} {tail}")
    if country.name in _LOCAL_NAMES and turn % 2:
        name, roman = _LOCAL_NAMES[country.name].name(turn // 2)
        return Company(company_id, name, f"{roman}-{latin}", sector)
    endings = country.legal_forms.split("|")
    return Company(company_id, f"{root} {tail}{endings[turn % len(endings)]}", latin, sector)


def _example() -> Company:
    name = " ".join(_EXAMPLE)
    sector = next(sector for sector in SECTORS if _EXAMPLE[1] in sector.tails)
    return Company(_EXAMPLE_ID, name, slug(name), sector)
