"""How an answer shows itself."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from bulkjobs.analysis.questions import Answer, over_time, top
from bulkjobs.analysis.questions.answer import percent
from bulkjobs.charts import figure
from bulkjobs.errors import ConfigError

from .support import day, postings

MANY = postings(*({"created": day("2025-01-01") + timedelta(days=at), "title": "Cook"} for at in range(40)))


def test_an_answer_is_words_a_chart_and_a_table() -> None:
    answer = over_time(MANY, "day", of="cooks & <chefs>")
    bundle = answer._repr_mimebundle_()
    assert bundle["text/plain"].splitlines() == [answer.title, answer.sentence, answer.note]
    page = bundle["text/html"]
    assert page.index(answer.sentence) < page.index("<svg") < page.index("<table") < page.index(answer.note)
    assert "cooks &amp; &lt;chefs&gt;" in page
    assert page.count("<tr>") == 31  # the heads and 30 rows
    assert "… and 10 more rows in .frame" in page
    assert "partial" not in page.partition("<table")[2]  # no row is


def test_the_chart_says_the_same_in_words() -> None:
    answer = top(MANY, "title", of="cooks")
    assert answer.chart().alt == f"{answer.title}. {answer.sentence}"
    assert answer.chart().svg() == top(MANY.lazy(), "title", of="cooks").chart().svg()


def test_without_what_draws_the_table_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = top(MANY, "title")

    def lacking() -> None:
        raise ConfigError("Charts need Altair & vl-convert.")

    monkeypatch.setattr(figure, "drawing", lacking)
    page = answer.html()
    assert "<table" in page
    assert "<svg" not in page
    assert "Charts need Altair &amp; vl-convert." in page


def test_answers_are_frozen_and_can_be_put_by() -> None:
    answer = top(MANY, "title")
    for other in (copy.copy(answer), pickle.loads(pickle.dumps(answer))):
        assert other.html() == answer.html()
    with pytest.raises(FrozenInstanceError):
        answer.title = "Other"  # type: ignore[misc]
    assert Answer(MANY.head(0), "Nobody\x1b asked", "", "").title == "Nobody\ufffd asked"


@pytest.mark.parametrize(
    ("part", "said"),
    [(0.1234, "12\u00a0%"), (0.0123, "1.2\u00a0%"), (0, "0\u00a0%"), (1, "100\u00a0%"), (0.0996, "10\u00a0%")],
)
def test_shares_in_words(part: float, said: str) -> None:
    assert percent(part) == said
    assert percent(part, 0) == percent(None) == "–"


def test_asking_imports_nothing_that_draws() -> None:
    code = (
        "import sys, polars as pl; from bulkjobs import analysis;"
        "analysis.questions.top(pl.DataFrame({'a': ['b']}), 'a');"
        "assert not {'altair', 'vl_convert', 'IPython', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
