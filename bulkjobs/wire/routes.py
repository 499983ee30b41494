"""v1 and v2 as data: paths, auth header, body shapes. The only place where the versions differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from ..errors import ConfigError

ApiVersion = Literal["v1", "v2"]


@dataclass(frozen=True, slots=True)
class Routes:
    """One version of the service's tree (contract sections 1 and 2.1). Paths are relative to the base URL.

    Attributes
    ----------
    auth_header, auth_scheme : str
        Where the credential goes: ``apikey: <key>`` or ``Authorization: Bearer <jwt>``.
    bulk_extra : mapping
        What every bulk POST of this version must carry besides (v1: ``data_format``; v2 refuses it).
    """

    version: ApiVersion
    auth_header: str
    auth_scheme: str
    bulk_filter: str
    bulk_ids: str
    data_requests: str
    search: str
    preview: str | None
    bulk_extra: Mapping[str, str]

    def files(self, request_id: str) -> str:
        """Path of a data request's list of files."""
        return f"{self.data_requests}/{quote(request_id, safe='')}/files"

    def file(self, request_id: str, name: str) -> str:
        """Path of one result file: each segment encoded, slashes kept (contract section 11, row 24)."""
        segments = "/".join(quote(segment, safe="") for segment in name.split("/"))
        return f"{self.files(request_id)}/{segments}"

    def filter_body(self, filters: Mapping[str, Any], limit: int) -> dict[str, Any]:
        """JSON body of a bulk POST by filter (contract section 2.2). `limit` is always sent."""
        return {**self.bulk_extra, "limit": limit, "filters": dict(filters)}


_ROUTES = {
    "v1": Routes(
        version="v1",
        auth_header="Authorization",
        auth_scheme="Bearer",
        bulk_filter="v1/professional_network/job/bulk_collect/filter",
        bulk_ids="v1/professional_network/job/bulk_collect/id_file",
        data_requests="v1/bulk_collect",
        search="v1/professional_network/job/search/filter",
        preview=None,
        bulk_extra={"data_format": "json"},
    ),
    "v2": Routes(
        version="v2",
        auth_header="apikey",
        auth_scheme="",
        bulk_filter="v2/data_requests/job_base/filter",
        bulk_ids="v2/data_requests/job_base/id_file",
        data_requests="v2/data_requests",
        search="v2/job_base/search/filter",
        preview="v2/job_base/search/filter/preview",
        bulk_extra={},
    ),
}


def routes(version: str) -> Routes:
    """Return the routes of a version.

    Raises
    ------
    ConfigError
        If there is no such version.
    """
    if version not in _ROUTES:
        raise ConfigError(f"api_version {version!r} is not known.", next_step='use "v2" (or "v1" with a JWT)')
    return _ROUTES[version]
