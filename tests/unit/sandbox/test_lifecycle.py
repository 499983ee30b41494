from collections.abc import Callable
from typing import Any

import pytest

from bulkjobs.sandbox.lifecycle import (
    Account,
    DataRequests,
    DuplicateRunningError,
    Failure,
    State,
    file_names,
)
from bulkjobs.sandbox.settings import Settings
from tests.support import ManualClock

DAY = 86_400.0
Office = tuple[DataRequests, Account]


@pytest.fixture
def opened(clock: ManualClock) -> Callable[..., Office]:
    def opened(**settings: Any) -> Office:
        account = Account(settings.pop("credits", 100))
        return DataRequests(Settings(clock=clock, **settings), account), account

    return opened


def test_states_follow_the_clock_half_queued_half_running(opened: Callable[..., Office], clock: ManualClock) -> None:
    requests, _ = opened(latency=10)
    accepted = requests.accept([1], version="v2")
    start = clock.now
    moments = [0, 4.9, 5, 9.9, 10, 30 * DAY - 1, 30 * DAY]
    states = [accepted.state(start + moment) for moment in moments]
    assert states == ["queued", "queued", "running", "running", "ready", "ready", "expired"]
    assert [accepted.is_pending(start + moment) for moment in moments] == [True] * 4 + [False] * 3


def test_without_latency_it_is_ready_at_once(opened: Callable[..., Office], clock: ManualClock) -> None:
    requests, _ = opened()
    assert requests.accept([1], version="v2").state(clock.now) is State.READY


def test_it_is_charged_at_acceptance_a_credit_a_record(opened: Callable[..., Office]) -> None:
    requests, account = opened(latency=10)
    accepted = requests.accept([1, 2, 3], version="v2")
    assert (accepted.credits, account.spent, account.remaining) == (3, 3, 97)


def test_the_last_credit_can_be_spent(opened: Callable[..., Office], clock: ManualClock) -> None:
    requests, account = opened(credits=3)
    assert requests.accept([1, 2, 3], version="v2").state(clock.now) is State.READY
    assert account.remaining == 0


def test_short_of_credits_it_is_accepted_fails_and_costs_nothing(opened: Callable[..., Office]) -> None:
    requests, account = opened(credits=2)
    accepted = requests.accept([1, 2, 3], version="v2")
    assert accepted.failure == Failure(402, "Insufficient credits")
    assert (accepted.ids, accepted.files, accepted.credits) == ((), (), 0)
    assert (account.spent, account.remaining) == (0, 2)


@pytest.mark.parametrize("ids", [None, [1, 2, 3, 4]])
def test_too_many_matches_fail_and_cost_nothing(opened: Callable[..., Office], ids: list[int] | None) -> None:
    requests, account = opened(max_records=3)
    accepted = requests.accept(ids, version="v2")
    assert accepted.failure == Failure(422, "Request matched too many IDs. Maximum is 3 IDs")
    assert account.spent == 0


def test_the_ceiling_itself_is_allowed_and_written_with_a_comma(opened: Callable[..., Office]) -> None:
    requests, _ = opened(credits=10_000)
    assert requests.accept(range(10_000), version="v2").failure is None
    refused = requests.accept(range(10_001), version="v2").failure
    assert refused == Failure(422, "Request matched too many IDs. Maximum is 10,000 IDs")


def test_too_many_is_told_before_a_shortage_of_credits(opened: Callable[..., Office]) -> None:
    requests, _ = opened(max_records=3, credits=0)
    accepted = requests.accept([1, 2, 3, 4], version="v2")
    assert accepted.failure is not None
    assert accepted.failure.status == 422


@pytest.mark.parametrize(("setting", "status"), [("404", 404), ("422", 422)])
def test_no_match_fails_as_set(opened: Callable[..., Office], setting: str, status: int) -> None:
    requests, _ = opened(no_match=setting)
    failure = requests.accept([], version="v2").failure
    assert failure is not None
    assert failure.status == status


def test_no_match_may_also_be_ready_with_no_files(opened: Callable[..., Office], clock: ManualClock) -> None:
    requests, _ = opened(no_match="empty-list")
    accepted = requests.accept([], version="v2")
    assert accepted.state(clock.now) is State.READY
    assert accepted.files == ()


def test_the_same_query_is_refused_while_it_runs_and_not_charged(
    opened: Callable[..., Office], clock: ManualClock
) -> None:
    requests, account = opened(latency=10)
    requests.accept([1], version="v2", query="a")
    with pytest.raises(DuplicateRunningError):
        requests.accept([1], version="v1", query="a")
    requests.accept([1], version="v2", query="b")
    clock.now += 10
    requests.accept([1], version="v2", query="a")
    assert account.spent == 3
    assert len(requests.all()) == 3


def test_a_failing_query_counts_as_running_until_it_has_failed(
    opened: Callable[..., Office], clock: ManualClock
) -> None:
    requests, _ = opened(latency=10)
    requests.accept([], version="v2", query="a")
    with pytest.raises(DuplicateRunningError):
        requests.accept([], version="v2", query="a")
    clock.now += 10
    requests.accept([], version="v2", query="a")


def test_id_files_are_never_duplicates(opened: Callable[..., Office]) -> None:
    requests, _ = opened(latency=10)
    first, second = requests.accept([1], version="v2"), requests.accept([1], version="v2")
    assert first.id != second.id


def test_it_is_found_until_it_expires(opened: Callable[..., Office], clock: ManualClock) -> None:
    requests, _ = opened(retention_days=2)
    accepted = requests.accept([1], version="v2")
    assert requests.find("unknown") is None
    clock.now += 2 * DAY - 1
    assert requests.find(accepted.id) is accepted
    clock.now += 1
    assert requests.find(accepted.id) is None
    assert requests.all() == [accepted]


def test_file_names_are_numbered_parts_of_one_run() -> None:
    names = file_names(21, 10, "v2")
    runs = {name.removeprefix("json/part-")[6:42] for name in names}
    assert len(runs) == 1
    assert list(names) == [f"json/part-0000{part}-{runs.copy().pop()}-h000.json.gz" for part in range(3)]


def test_file_names_of_v1_have_no_folder() -> None:
    assert all(name.startswith("part-00000-") for name in file_names(1, 10, "v1"))
    assert file_names(0, 10, "v1") == ()


@pytest.mark.parametrize(("records", "files"), [(1, 1), (10, 1), (11, 2)])
def test_a_file_is_filled_before_the_next_begins(records: int, files: int) -> None:
    assert len(file_names(records, 10, "v2")) == files


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "0.0.0.0"},
        {"host": "192.168.0.1"},
        {"host": "example.com"},
        {"latency": -1},
        {"rate": 0},
        {"credits": -1},
        {"pending_reply": "204"},
        {"records_per_file": 0},
        {"retention_days": 0},
        {"too_many_ids_status": 404},
        {"post_status": 202},
    ],
)
def test_settings_outside_their_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        Settings(**settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_computer_needs_no_permission(host: str) -> None:
    assert Settings(host=host).host == host


def test_another_host_may_be_asked_for() -> None:
    assert Settings(host="0.0.0.0", allow_remote=True).host == "0.0.0.0"
