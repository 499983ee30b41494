import threading
from typing import Any

import pytest

from bulkjobs.sandbox.faults import ENDPOINTS, KINDS, TRANSIENT, Endpoint, Fault, FaultPlan


def test_faults_befall_in_order_and_run_out() -> None:
    plan = FaultPlan(Fault("search", "status", times=2), Fault("search", "reset_before"))
    kinds = [fault and fault.kind for fault in (plan.take("search") for _ in range(4))]
    assert kinds == ["status", "status", "reset_before", None]


def test_a_fault_is_for_its_endpoint_only() -> None:
    plan = FaultPlan(Fault("download", "slow"))
    assert plan.take("list_files") is None
    assert plan.take("download") is not None


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_star_is_for_any_endpoint(endpoint: Endpoint) -> None:
    assert FaultPlan(Fault("*", "status")).take(endpoint) is not None


def test_skip_lets_requests_pass_and_counts_only_those_of_its_endpoint() -> None:
    plan = FaultPlan(Fault("search", "status", skip=2))
    assert plan.take("search") is None
    assert plan.take("preview") is None
    assert plan.take("search") is None
    assert plan.take("search") is not None


def test_skip_counts_requests_that_another_fault_befalls() -> None:
    plan = FaultPlan(Fault("search", "reset_before"), Fault("search", "status", skip=1))
    kinds = [fault and fault.kind for fault in (plan.take("search") for _ in range(3))]
    assert kinds == ["reset_before", "status", None]


def test_a_later_fault_waits_while_an_earlier_one_is_due() -> None:
    plan = FaultPlan(Fault("search", "status", times=None), Fault("search", "reset_before"))
    assert {fault.kind for fault in (plan.take("search") for _ in range(9)) if fault} == {"status"}
    assert len(plan.pending) == 2


def test_equal_faults_are_used_one_by_one() -> None:
    fault = Fault("search", "status", times=2)
    plan = FaultPlan(fault, fault)
    assert [plan.take("search") is not None for _ in range(5)] == [True] * 4 + [False]


def test_it_counts_what_fired_and_keeps_the_counts_when_cleared() -> None:
    plan = FaultPlan(Fault("*", "status", times=3))
    plan.take("search")
    plan.take("download")
    plan.clear()
    assert plan.take("search") is None
    assert plan.pending == []
    assert plan.fired == {"search:status": 1, "download:status": 1}


def test_each_use_is_given_out_once_to_many_threads() -> None:
    plan = FaultPlan(Fault("search", "status", times=500))
    taken: list[int] = []

    def take() -> None:
        taken.append(sum(plan.take("search") is not None for _ in range(200)))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 500


def test_chance_is_seeded() -> None:
    def drawn(seed: int) -> list[Fault | None]:
        plan = FaultPlan.random(seed, 0.5)
        return [plan.take("download") for _ in range(50)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_chance_at_one_endpoint_does_not_depend_on_the_others() -> None:
    alone, mixed = FaultPlan.random(3, 0.5), FaultPlan.random(3, 0.5)
    wanted = [alone.take("list_files") for _ in range(30)]
    found = []
    for _ in range(30):
        mixed.take("download")
        found.append(mixed.take("list_files"))
    assert found == wanted


@pytest.mark.parametrize(("rate", "hits"), [(0.0, 0), (1.0, 400)])
def test_rate_at_its_ends(rate: float, hits: int) -> None:
    plan = FaultPlan.random(5, rate)
    assert sum(plan.take("download") is not None for _ in range(400)) == hits


def test_rate_in_between() -> None:
    plan = FaultPlan.random(5, 0.25)
    assert 60 < sum(plan.take("download") is not None for _ in range(400)) < 140


def test_chance_keeps_to_the_endpoints_named() -> None:
    plan = FaultPlan.random(5, 1.0, "download")
    assert plan.take("bulk_filter") is None
    assert plan.take("download") is not None


def test_ordered_faults_come_before_those_by_chance() -> None:
    plan = FaultPlan.random(5, 1.0, "download")
    plan.add(Fault("download", "slow"))
    first = plan.take("download")
    assert first is not None
    assert first.kind == "slow"


@pytest.mark.parametrize("endpoint", ["bulk_filter", "bulk_id_file", "preview", "collect"])
def test_chance_never_leaves_what_was_paid_for_in_doubt(endpoint: Endpoint) -> None:
    assert {(fault.kind, fault.status) for fault in TRANSIENT[endpoint]} == {("status", 429)}


def test_chance_has_something_for_every_endpoint() -> None:
    assert set(TRANSIENT) == set(ENDPOINTS)
    assert all(fault.endpoint == endpoint for endpoint, faults in TRANSIENT.items() for fault in faults)


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "nowhere"},
        {"kind": "sneeze"},
        {"times": 0},
        {"skip": -1},
        {"seconds": -1},
        {"status": 99},
        {"chunk": 0},
        {"keep": 1},
        {"location": "http://127.0.0.1"},
        {"kind": "redirect"},
        {"kind": "not_gzip"},
        {"kind": "empty_list"},
    ],
)
def test_a_fault_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fault(**{"endpoint": "search", "kind": "status", **wrong})


@pytest.mark.parametrize("rate", [-0.1, 1.1])
def test_a_rate_that_is_no_chance_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        FaultPlan.random(0, rate)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_goes_through_json(kind: Any) -> None:
    endpoint: Any = "list_files" if "list" in kind or "pending" in kind else "download"
    location = "http://127.0.0.1/x" if kind == "redirect" else ""
    fault = Fault(endpoint, kind, times=None, skip=3, headers={"a": "b"}, location=location)
    assert Fault.from_json(fault.to_json()) == fault


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"endpoint": "search"},
        {"endpoint": "search", "kind": "status", "x": 1},
        {"endpoint": "search", "kind": "status", "times": "3"},
        {"endpoint": [], "kind": "status"},
    ],
)
def test_json_that_is_no_fault_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        Fault.from_json(value)
