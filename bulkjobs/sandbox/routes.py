"""The paths of both trees as data (`api-contract.md` section 2.1)."""

from collections.abc import Iterator
from dataclasses import dataclass

from .faults import Endpoint
from .lifecycle import Version

PREFIX = "/cdapi"


@dataclass(frozen=True)
class Route:
    """One verb on one path.

    Attributes
    ----------
    endpoint
        What answers it.
    version
        The tree that it belongs to, which decides how a caller proves who they are.
    verb, path
        What it answers to; the path is a pattern of aiohttp's.
    """

    endpoint: Endpoint
    version: Version
    verb: str
    path: str


def routes() -> Iterator[Route]:
    """Yield every route of the contract that the sandbox serves.

    Not served are Elasticsearch DSL and the multi-source entity (rows 7, 8 and 10 to 13). They get the gateway's
    404, which is what the vendor answers for an entity that is not in the plan (section 10).
    """
    yield from _v2()
    for entity in ("professional_network/job", "linkedin/job"):
        yield from _v1(entity)
    # The bulk GETs of v1 are not scoped to an entity (section 1).
    yield from _results("v1", f"{PREFIX}/v1/bulk_collect")


def _v2() -> Iterator[Route]:
    requests, entity = f"{PREFIX}/v2/data_requests", f"{PREFIX}/v2/job_base"
    yield Route("bulk_filter", "v2", "POST", f"{requests}/job_base/filter")
    yield Route("bulk_id_file", "v2", "POST", f"{requests}/job_base/id_file")
    yield from _results("v2", requests)
    yield Route("search", "v2", "POST", f"{entity}/search/filter")
    yield Route("preview", "v2", "POST", f"{entity}/search/filter/preview")
    yield Route("collect", "v2", "GET", f"{entity}/collect/{{job_id}}")


def _v1(name: str) -> Iterator[Route]:
    entity = f"{PREFIX}/v1/{name}"
    yield Route("bulk_filter", "v1", "POST", f"{entity}/bulk_collect/filter")
    yield Route("bulk_id_file", "v1", "POST", f"{entity}/bulk_collect/id_file")
    yield Route("search", "v1", "POST", f"{entity}/search/filter")
    yield Route("collect", "v1", "GET", f"{entity}/collect/{{job_id}}")


def _results(version: Version, requests: str) -> Iterator[Route]:
    files = f"{requests}/{{data_request_id}}/files"
    yield Route("list_files", version, "GET", files)
    # A file name has a slash in it since mid-2025 (section 6), and nobody encodes it (section 2.5).
    yield Route("download", version, "GET", f"{files}/{{file_name:.+}}")
