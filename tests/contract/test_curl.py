"""The vendor's documented commands, with the host and the key changed and nothing else."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from tests.contract.conftest import FIRST_ID, Api, records, run

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs the program curl")

V1 = "https://api.coresignal.com/cdapi/v1"
V2 = "https://api.coresignal.com/cdapi/v2"

SEARCH = {
    "v1": f"""curl -X 'POST' '{V1}/professional_network/job/search/filter' -H 'accept: application/json'
        -H 'Authorization: Bearer {{JWT}}' -H 'Content-Type: application/json'
        -d '{{"title":"(Data Engineer) OR (Nurse)","application_active":true,"deleted":false,"country":"Portugal"}}'""",
    "v2": f"""curl -X 'POST' '{V2}/job_base/search/filter' -H 'accept: application/json'
        -H 'apikey: {{API Key}}' -H 'Content-Type: application/json'
        -d '{{"title":"(Data Engineer) OR (Nurse)","application_active":true,"deleted":false,"country":"Portugal"}}'""",
}
BULK_FILTER = {
    "v1": f"""curl -X 'POST' '{V1}/professional_network/job/bulk_collect/filter' -H 'accept: application/json'
        -H 'Authorization: Bearer {{JWT}}' -H 'Content-Type: application/json'
        -d '{{"data_format": "json", "limit": 15, "filters": {{"title": "Data Engineer"}}}}'""",
    "v2": f"""curl -X 'POST' '{V2}/data_requests/job_base/filter' -H 'accept: application/json'
        -H 'apikey: {{API Key}}' -H 'Content-Type: application/json'
        -d '{{"limit": 15, "filters": {{"title": "Data Engineer"}}}}'""",
}
BULK_ID_FILE = {
    "v1": f"""curl -X 'POST' '{V1}/professional_network/job/bulk_collect/id_file' -H 'accept: application/json'
        -H 'Authorization: Bearer {{JWT}}' -H 'Content-Type: multipart/form-data' -F 'data_format=json'
        -F 'ids_file=@id_list_example.csv;type=text/csv'""",
    "v2": f"""curl -X 'POST' '{V2}/data_requests/job_base/id_file' -H 'accept: application/json'
        -H 'apikey: {{API Key}}' -H 'Content-Type: multipart/form-data'
        -F 'ids_file=@id_list_example.csv;type=text/csv'""",
}
LIST_FILES = {
    "v1": f"""curl -X 'GET' '{V1}/bulk_collect/{{data_request_id}}/files' -H 'accept: application/json'
        -H 'Authorization: Bearer {{JWT}}'""",
    "v2": f"""curl -X 'GET' '{V2}/data_requests/{{data_request_id}}/files' -H 'accept: application/json'
        -H 'apikey: {{API Key}}'""",
}
DOWNLOAD = {
    "v1": f"""curl -X 'GET' '{V1}/bulk_collect/{{data_request_id}}/files/{{file_name}}'
        -H 'accept: application/json' -H 'Authorization: Bearer {{JWT}}' --output result.json.gz""",
    "v2": f"""curl -X 'GET' '{V2}/data_requests/{{data_request_id}}/files/{{file_name}}'
        -H 'accept: application/json' -H 'apikey: {{API Key}}' --output result.json.gz""",
}
COLLECT = {
    "v1": f"""curl -X 'GET' '{V1}/professional_network/job/collect/{FIRST_ID}' -H 'accept: application/json'
        -H 'Authorization: Bearer {{JWT}}'""",
    "v2": f"""curl -X 'GET' '{V2}/job_base/collect/{FIRST_ID}' -H 'accept: application/json'
        -H 'apikey: {{API Key}}'""",
}


async def curl(api: Api, command: str, **values: str) -> bytes:
    """Run a documented command with host, key and the ids of earlier answers filled in."""
    filled = command.replace("https://api.coresignal.com/cdapi", api.sandbox.url)
    filled = filled.replace("{JWT}", api.sandbox.jwt).replace("{API Key}", api.sandbox.api_key)
    for name, value in values.items():
        filled = filled.replace(f"{{{name}}}", value)
    program, *arguments = shlex.split(filled)
    return await run(program, "--silent", "--show-error", *arguments)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "id_list_example.csv").write_text(f"{FIRST_ID}\n{FIRST_ID + 1}\n{FIRST_ID + 2}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_search_by_filter(api: Api) -> None:
    ids = json.loads(await curl(api, SEARCH[api.version]))
    assert len(ids) == 612
    assert all(isinstance(found, int) for found in ids)


@pytest.mark.parametrize(("post", "count"), [(BULK_FILTER, 15), (BULK_ID_FILE, 3)])
async def test_bulk_from_the_post_to_the_file(api: Api, folder: Path, post: dict[str, str], count: int) -> None:
    request_id = json.loads(await curl(api, post[api.version]))["request_id"]
    listed = json.loads(await curl(api, LIST_FILES[api.version], data_request_id=request_id))
    [name] = listed["data_request_files"]
    await curl(api, DOWNLOAD[api.version], data_request_id=request_id, file_name=name)
    found = records((folder / "result.json.gz").read_bytes())
    assert len(found) == count
    assert api.sandbox.stats()["credits_spent"] == count


async def test_the_headers_of_a_post(v2: Api) -> None:
    written = (await curl(v2, BULK_FILTER["v2"] + " --include")).decode()
    head, _, body = written.partition("\r\n\r\n")
    request_id = json.loads(body)["request_id"]
    assert head.startswith("HTTP/1.1 201 Created\r\n")
    assert f"\r\nLocation: /v2/data_requests/{request_id}/files\r\n" in head + "\r\n"
    assert "\r\nx-credits-remaining: 49985\r\n" in head + "\r\n"


async def test_collect(api: Api) -> None:
    assert json.loads(await curl(api, COLLECT[api.version]))["id"] == FIRST_ID
