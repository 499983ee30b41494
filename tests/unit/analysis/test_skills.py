"""Skills that texts name, on 214 real snippets labelled by hand and at the borders of words."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from bulkjobs.analysis import Taxonomy, default_taxonomy, read_esco, read_onet, read_taxonomy, skills
from bulkjobs.errors import InvalidQuery

LABELS = Path(__file__).parent / "labels" / "skills.csv"
LETTERS = Taxonomy.of(
    {"C": ["=C"], "R": ["=R"], "Go": ["=Go"], "C++": ["C++"], "C#": ["C#"], ".NET": [".NET"], "SQL": ["SQL"],
     "SQL Server": ["SQL Server"], "Épée": ["épée"]},
    not_skills=["=C-suite", "=Go to"],
)  # fmt: skip


def named(text: str | None, taxonomy: Taxonomy = LETTERS) -> list[str] | None:
    frame = pl.DataFrame({"text": [text]}, schema={"text": pl.String})
    found: pl.Series | None = frame.select(skills("text", taxonomy=taxonomy)).item()
    return None if found is None else found.to_list()


def test_real_snippets_name_the_skills_labelled() -> None:
    labels = pl.read_csv(LABELS).with_columns(pl.col("skills").fill_null(""))
    read = labels.with_columns(
        found=skills("text"), wanted=pl.col("skills").str.split("|").list.filter(pl.element() != "")
    )
    assert read.height >= 200

    both = read.select(pl.col("found").list.set_intersection("wanted").list.len().sum()).item()
    assert both / read["found"].list.len().sum() >= 0.97
    assert both / read["wanted"].list.len().sum() >= 0.95


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("C, R and Go", ["C", "Go", "R"]),
        ("C++ is not C#", ["C#", "C++"]),
        ("C/C++/C#.", ["C", "C#", "C++"]),
        ("R&D, T&amp;C, AT&T", []),
        ("R$ 8.000 and R\\$ 9.000", []),
        ("C-suite; H-C; C'est; C’s; J.R.R. Tolkien", []),
        ("we use R.", ["R"]),
        ("(R) [C]", ["C", "R"]),
        ("Go to them, let's go, GO, Gopher, Golang", []),
        ("ASP.NET", []),
        (".NET, (.net) and .NET-Core", [".NET"]),
        ("SQL Server", ["SQL Server"]),
        ("SQL Server and SQL", ["SQL", "SQL Server"]),
        ("MySQL, SQLite, SQL_1, NoSQL", []),
        ("sql.example.com/x.sql", []),
        ("懂SQL和Go语言", ["Go", "SQL"]),
        ("l'Épée ÉPÉE", ["Épée"]),
        ("é R é", ["R"]),
        ("éR Ré жR", []),
        ("&lt;li&gt;SQL&lt;/li&gt;", ["SQL"]),
        ("", []),
        (None, None),
    ],
)
def test_patterns_count_as_words(text: str | None, wanted: list[str] | None) -> None:
    assert named(text) == wanted


def test_a_sign_belongs_to_its_letter_though_nothing_else_is_known() -> None:
    assert named("C++ and C#", Taxonomy.of({"C": ["=C"]})) == []


def test_title_and_description_are_read_together() -> None:
    frame = pl.DataFrame(
        {"title": ["Python Developer", None], "description": [None, None]}, schema_overrides={"description": pl.String}
    )
    assert frame.select(skills()).to_series().to_list() == [["Python"], None]


def test_a_lone_c_is_a_grade_unless_something_stands_by_it() -> None:
    texts = ["GCSE grade C or above", "Permis B, C", "C/C++", "C programming", "Python, C"]
    found = pl.DataFrame({"text": texts}).select(skills("text").list.contains("C")).to_series()
    assert found.to_list() == [False, False, True, True, True]


def test_each_default_skill_is_found_by_its_own_patterns() -> None:
    wrong = default_taxonomy().patterns.drop_nulls("skill").with_columns(found=skills("pattern"))
    assert wrong.filter(~pl.col("found").list.contains(pl.col("skill"))).rows() == []


def test_esco_and_onet_are_read(tmp_path: Path) -> None:
    esco = tmp_path / "skills_en.csv"
    esco.write_text('conceptUri,preferredLabel,altLabels\nu/1,manage staff,"lead staff\nhead staff"\nu/2,weld,\n')
    onet = tmp_path / "Technology Skills.txt"
    onet.write_text("O*NET-SOC Code\tExample\tCommodity Title\n15-1\tR\tx\n15-2\tWidgetSoft\tx\n15-3\tWidgetSoft\tx\n")

    assert named("You Lead Staff and weld", read_esco(esco)) == ["manage staff", "weld"]
    assert named("r, R, WIDGETSOFT", read_onet(onet)) == ["R", "WidgetSoft"]


def test_what_is_no_taxonomy_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    for read in (read_esco, read_onet, read_taxonomy):
        with pytest.raises(InvalidQuery):
            read(other)
    with pytest.raises(InvalidQuery, match="empty"):
        Taxonomy.of({"Nothing": ["="]})
    with pytest.raises(InvalidQuery):
        Taxonomy.of({})
