"""`Bucket`: a part of an object store, S3 or what speaks like it, Google Cloud Storage or Azure."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..config import masked
from ..errors import ConfigError, LibraryError
from .store import File

if TYPE_CHECKING:
    from obstore.store import AzureStore, GCSStore, S3Store

_SCHEMES = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZURE_"}  # and how the environment calls their settings
_IN_MEMORY = 32 * 1024 * 1024  # bytes of a file that is written, or read; a larger one is on the disk meanwhile
_SECRET = re.compile(r"KEY|SECRET|TOKEN|SAS|PASSWORD|CREDENTIAL|SIGNATURE", re.IGNORECASE)
_DRAWN = re.compile(r"\x1b\[\d*m|↳")
_SIGNED = re.compile(r"((?:sig|signature|x-amz-[a-z-]+)=)[^&\s\"']+", re.IGNORECASE)
_OF_CLIENT = frozenset({
    "allow_http", "allow_invalid_certificates", "connect_timeout", "http1_only", "http2_only", "pool_idle_timeout",
    "pool_max_idle_per_host", "proxy_url", "proxy_ca_certificate", "proxy_excludes", "read_timeout",
    "root_certificate", "timeout", "user_agent",
})  # fmt: skip  # settings that obstore takes apart from those of the store
_UNSAFE = "AWS_S3_ALLOW_UNSAFE_RENAME"
_LOCKS = "AWS_S3_LOCKING_PROVIDER"
_proven: set[tuple[object, ...]] = set()  # stores that let one writer be the first, as this process has seen


class Bucket:
    """Files below a URL of an object store.

    Parameters
    ----------
    url : str
        ``s3://bucket/folder``, ``gs://bucket/folder`` or ``az://container/folder``.
    options : mapping of str to str, optional
        Settings and credentials, as delta-rs and object_store call them; what is not given is taken from the
        environment (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, ...). They are kept in memory alone.

    Raises
    ------
    ConfigError
        It is no such URL, it holds a credential, or the extra ``cloud`` is not installed.
    """

    advice = "check the address, the network, and the credentials of the environment"

    def __init__(self, url: str, options: Mapping[str, str] | None = None) -> None:
        self.location = _address(url)
        self.scheme = urlsplit(self.location).scheme
        try:
            from obstore.exceptions import BaseError
        except ImportError as error:
            raise ConfigError(
                f"{self.location} is in an object store, and what reads and writes those is not installed.",
                next_step="pip install 'bulkjobs[cloud]'",
            ) from error
        self.errors: tuple[type[Exception], ...] = (BaseError,)
        given = {name: masked(str(value)) for name, value in (options or {}).items()}
        self._given = given
        # The put that fails where a file is there already: how delta-rs keeps two commits apart.
        self.options = {"conditional_put": "etag", **given} if self.scheme == "s3" else dict(given)

    def __str__(self) -> str:
        return self.location

    def __repr__(self) -> str:
        return f"<Bucket {self.location}>"

    def __reduce__(self) -> tuple[type[Bucket], tuple[str, dict[str, str]]]:
        return Bucket, (self.location, self._given)

    @cached_property
    def _remote(self) -> S3Store | GCSStore | AzureStore:
        from obstore.exceptions import BaseError
        from obstore.store import AzureStore, GCSStore, S3Store

        kinds: dict[str, Any] = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
        prefix = _SCHEMES[self.scheme].lower()
        client = {name: value for name in _OF_CLIENT if (value := os.environ.get(f"{prefix}{name}".upper()))}
        config: dict[str, str] = {}
        for name, value in self.options.items():
            plain = name.lower().removeprefix(prefix)
            (client if plain in _OF_CLIENT else config)[plain] = value
        try:
            return kinds[self.scheme].from_url(  # type: ignore[no-any-return]
                self.location, config=config, client_options=client or None
            )
        except BaseError as error:
            raise ConfigError(
                f"{self} can't be opened ({self.said(error)}).", next_step="correct storage_options=..."
            ) from error

    def ready(self) -> None:
        """See whether the store refuses to make a file twice: once a process, by a small file that is removed again.

        Raises
        ------
        LibraryError
            It does not: two writers would take each other's commits away, and postings that were paid with them.
        """
        import obstore
        from obstore.exceptions import AlreadyExistsError

        self._refuse_what_is_unsafe()
        endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT")
        proof = (*urlsplit(self.location)[:2], endpoint, tuple(sorted(self.options.items())))
        if proof in _proven:
            return
        name = f"probe-{uuid.uuid4().hex}.part"
        try:
            for _ in range(2):
                obstore.put(self._remote, name, b"bulkjobs", mode="create")
        except AlreadyExistsError:
            _proven.add(proof)
        except self.errors as error:
            raise LibraryError(f"{self} can't be written to ({self.said(error)}).", next_step=self.advice) from error
        else:
            raise LibraryError(
                f"{self} is in a store that lets two writers make the same file (it does not heed If-None-Match): "
                "they would lose each other's postings. Nothing was written.",
                next_step="use a store with conditional writes: Amazon S3, Google Cloud Storage, Azure, MinIO, ...",
            )
        finally:
            with contextlib.suppress(*self.errors):
                self.delete([name])

    def _refuse_what_is_unsafe(self) -> None:
        told = {**os.environ, **{name.upper().removeprefix("AWS_"): value for name, value in self.options.items()}}
        unsafe = any((told.get(name) or "").lower() not in {"", "false", "0", "no"} for name in (_UNSAFE, _UNSAFE[4:]))
        locks = told.get(_LOCKS) or told.get(_LOCKS[4:])
        put = self.options.get("conditional_put", "etag")
        if self.scheme != "s3" or not (unsafe or locks or put != "etag"):
            return
        setting = _UNSAFE if unsafe else _LOCKS if locks else "conditional_put"
        raise LibraryError(
            f"{setting} is set: writers would not be kept apart by conditional puts, which {self} relies on.",
            next_step=f"unset {setting}: nothing of the kind is needed",
        )

    def write(self, name: str, fill: Callable[[IO[bytes]], object]) -> File:
        """Send a file; it is there when all of it has come."""
        import obstore

        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as content:
            fill(content)
            content.seek(0)
            obstore.put(self._remote, name, content)
        return self._file(obstore.head(self._remote, name))

    def create(self, name: str, content: bytes) -> bool:
        """Send a small file, unless there is one of that name."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        try:
            obstore.put(self._remote, name, content, mode="create")
        except AlreadyExistsError:
            return False
        return True

    def has(self, name: str) -> bool:
        """Ask for the file's head."""
        import obstore

        try:
            obstore.head(self._remote, name)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str) -> bytes:
        """Fetch the content of a file."""
        import obstore

        return bytes(obstore.get(self._remote, name).bytes())

    @contextlib.contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """Fetch a file to a temporary folder."""
        import obstore

        with tempfile.TemporaryDirectory(prefix="bulkjobs-") as folder:
            path = Path(folder, name.rpartition("/")[2])
            with path.open("wb") as file:
                for piece in obstore.get(self._remote, name):
                    file.write(piece)
            yield path

    def uri(self, name: str) -> str:
        """Return the URL of a file."""
        return f"{self.location}/{name}"

    def files(self, under: str = "") -> Iterator[File]:
        """List all files, in the order of their names."""
        import obstore

        for some in obstore.list(self._remote, prefix=under or None):
            yield from map(self._file, some)

    def delete(self, names: Iterable[str]) -> None:
        """Remove files."""
        import obstore

        for name in names:
            with contextlib.suppress(FileNotFoundError):
                obstore.delete(self._remote, name)

    def at(self, place: str) -> Bucket:
        """Return a place below it, or beside it."""
        base, place = (self.location.rpartition("/")[0], place[3:]) if place.startswith("../") else (str(self), place)
        return Bucket(f"{base}/{place}", self._given)

    def said(self, error: Exception) -> str:
        """Return the words of an error, and leave it no others: a store may quote what it was asked with."""
        words = " ".join(_DRAWN.sub("", str(error).split("\n\nDebug source")[0]).split())
        names = (name for name in os.environ if name.startswith(_SCHEMES[self.scheme]))
        settings = [*self.options.items(), *((name, os.environ[name]) for name in names)]
        for secret in {value for name, value in settings if _SECRET.search(name) and value}:
            words = words.replace(secret, "***")
        words = _SIGNED.sub(r"\1***", words)
        error.args = (words,)  # it is shown in tracebacks
        return words

    @staticmethod
    def _file(found: Any) -> File:
        return File(found["path"], found["size"], found["last_modified"].timestamp())


def _address(url: str) -> str:
    """Check a URL. No error quotes it whole: what is wrong with it may be that it holds a secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in _SCHEMES or not parts.hostname:
        raise ConfigError(
            f"{parts.scheme or 'that'}://... is no object store that is known.",
            next_step="a folder, s3://bucket/folder, gs://bucket/folder or az://container/folder",
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            f"The {parts.scheme}:// URL must not hold a credential, a query or a fragment.",
            next_step="give credentials in the environment, or as storage_options=...",
        )
    return f"{parts.scheme}://{parts.netloc}/{parts.path.strip('/')}".rstrip("/")
