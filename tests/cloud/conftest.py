"""Fixtures: an object store on this machine, and a library in a bucket of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from bulkjobs.library import Library
from tests.cloud.server import ObjectStore

SECRETS = {"AWS_ACCESS_KEY_ID": "AKIDTHATNOBODYSEES", "AWS_SECRET_ACCESS_KEY": "words that nobody must see"}


@pytest.fixture(scope="session")
def running_store() -> Iterator[ObjectStore]:
    with ObjectStore() as store:
        yield store


@pytest.fixture
def objects(running_store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """The object store, without faults; the environment tells where it is, and its credentials."""
    running_store.behave()
    settings = {**SECRETS, "AWS_ENDPOINT_URL": running_store.url, "AWS_ALLOW_HTTP": "true", "AWS_REGION": "us-east-1"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bulkjobs.library.bucket._proven", set())
    return running_store


@pytest.fixture
def bucket(objects: ObjectStore) -> str:
    """The URL of a bucket that nobody else uses."""
    name = f"bucket-{uuid.uuid4().hex}"
    objects.make_bucket(name)
    return f"s3://{name}"


@pytest.fixture
def library(bucket: str) -> Library:
    return Library(f"{bucket}/team/library")
