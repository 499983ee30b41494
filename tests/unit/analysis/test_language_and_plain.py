"""Languages of real descriptions, labelled by hand, and plain text out of what descriptions hold."""

from __future__ import annotations

import io
import json
from pathlib import Path

import polars as pl
import pytest

from bulkjobs.analysis import language, plain
from bulkjobs.sandbox.sample import generate
from tests.support import SHARED

LABELS = Path(__file__).parent / "labels" / "language.csv"
REAL = SHARED / "data" / "real" / "jobs_real.ndjson.zst"


def spoken(*texts: str | None) -> list[str | None]:
    return (
        pl.DataFrame({"description": texts}, schema={"description": pl.String}).select(language()).to_series().to_list()
    )


def shown(text: str | None) -> str | None:
    frame = pl.DataFrame({"description": [text]}, schema={"description": pl.String})
    found: str | None = frame.select(plain()).item()
    return found


def test_real_descriptions_are_in_the_languages_labelled() -> None:
    if not REAL.exists():
        pytest.skip(f"{REAL.name} is not at hand")
    labels = pl.read_csv(LABELS)
    real = pl.read_ndjson(io.BytesIO(REAL.read_bytes()), infer_schema_length=None).select("id", "description")
    read = labels.join(real, on="id", how="left", maintain_order="left").with_columns(found=language())
    assert read.height >= 200

    given, labelled = pl.col("found").is_not_null(), pl.col("language").is_not_null()
    right = (pl.col("found") == pl.col("language").fill_null("")).filter(given).mean()
    assert read.select(right).item() >= 0.97
    assert read.select(given.filter(labelled).mean()).item() >= 0.9


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "We are looking for a nurse who will join our team and work with the patients."),
        ("en", "WE ARE LOOKING FOR A NURSE WHO WILL JOIN THE TEAM"),
        ("de", "Wir suchen eine Pflegekraft für unser Team, die mit uns und den Patienten arbeitet."),
        ("fr", "Nous cherchons une infirmière pour les patients de notre service dans une équipe."),
        ("es", "Buscamos una enfermera para el hospital con experiencia en las urgencias de los pacientes."),
        ("pt", "Procuramos uma enfermeira para o hospital com experiência e que não tenha medo dos pacientes."),
        ("it", "Cerchiamo un infermiere per il nostro ospedale che lavora con i pazienti della regione."),
        ("nl", "Wij zoeken een verpleegkundige voor het ziekenhuis die met ons en de patiënten werkt."),
        ("pl", "Szukamy pielęgniarki do szpitala, która jest gotowa na pracę w zespole i z pacjentami."),
        ("sv", "Vi söker en sjuksköterska som vill arbeta med oss och för att hjälpa patienter på sjukhuset."),
        ("ja", "病院で患者の世話をする看護師を募集しています。"),
        ("zh", "我们正在招聘负责照顾病人的护士,和医生在医院工作。"),
        ("ru", "Мы ищем медсестру для работы в больнице с опытом от двух лет и по графику на неделе."),
        ("tr", "Hastane için deneyimli ve hastalar ile çalışan bir hemşire arıyoruz, bu iş için."),
    ],
)
def test_a_sentence_tells_its_language(code: str, text: str) -> None:
    assert spoken(text) == [code]


def test_no_telling_without_words() -> None:
    assert spoken(None, "", "!!!", "Python SQL Docker", "the cat") == [None] * 5


def test_a_word_a_thousand_times_stays_with_its_language() -> None:
    assert spoken("の" * 256, "の" * 512, "の" * 5_000, "the " * 5_000) == ["ja", "ja", "ja", "en"]


def test_generated_descriptions_are_in_a_language_of_their_country() -> None:
    frame = pl.DataFrame(
        [{"country": made["country"], "description": made["description"]} for made in generate(400)]
    ).with_columns(found=language())
    assert frame["found"].null_count() <= 4
    english = frame.filter(pl.col("country").is_in(["United States", "United Kingdom"]))
    assert set(english["found"]) == {"en"}


def test_real_snippets_are_shown_as_labelled() -> None:
    """Stored as JSON has them; how many line feeds stand in a row is a matter of taste."""
    rows = pl.read_csv(LABELS.with_name("plain.csv"), infer_schema_length=0).fill_null("").rows()
    texts, wanted = ([json.loads(f'"{text}"') for text in column] for column in zip(*rows, strict=True))
    read = pl.DataFrame({"text": texts, "wanted": wanted})
    read = read.with_columns(found=plain("text").str.replace_all(r"\n+", "\n"))
    assert read.height >= 200
    assert read.select((pl.col("found") == pl.col("wanted")).mean()).item() >= 0.94


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("<p>A&nbsp;b &amp; c</p><ul><li>one</li><li> two</li></ul><script>x()</script>", "A b & c\n\n• one\n\n• two"),
        ("&lt;p&gt;Fish &amp;amp; chips&lt;br/&gt;&lt;/p&gt;a\r\nb\rc", "Fish & chips\n\na\nb\nc"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("zero\u200bwidth so\u00adft \x01\x02 tab\tx \u2028 y \x85z", "zerowidth soft tab x\ny\nz"),
        ("&#128640; &#x27;q&#39; &notanentity;", "🚀 'q' &notanentity;"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("👩\u200d💻 stays one", "👩\u200d💻 stays one"),
        ("l&#x92;un l\x92un &#039;a&#039; &#x80;5", "l’un l’un 'a' €5"),
        (
            "<me@example.com> <https://example.com/a> <your name> <o:p>x</o:p>",
            "<me@example.com> <https://example.com/a> <your name> x",
        ),
        (" <b\n>bold</b\n> <!-- hid\nden -->", "bold"),
        ("", ""),
        (None, None),
    ],
)
def test_plain_text(text: str | None, seen: str | None) -> None:
    assert shown(text) == seen
