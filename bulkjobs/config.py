"""Settings: argument before environment before file, and the API key as a type that can't be shown.

The key may also be in the system's keyring, which is asked last: once a process and host, whatever it answers, for it
may be slow, and may ask its user for a password. What `remember` and `forget` change is known at once; a key that
another process keeps there is found after a restart.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import platformdirs
from yarl import URL

from .errors import ConfigError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

DEFAULT_BASE_URL = "https://api.coresignal.com/cdapi"
DEFAULT_HOST = "api.coresignal.com"
DEFAULT_API_VERSION = "v2"
DEFAULT_RATE = 5.0  # requests a second: what the smallest plans allow (contract section 8)
KEY_VARIABLE = "CORESIGNAL_API_KEY"
KEYRING_SERVICE = "bulkjobs"
HOME_VARIABLE = "BULKJOBS_HOME"
LEDGER_FILE = "ledger.sqlite3"  # in the home folder
_SETTINGS = {"api_key", "base_url", "api_version", "rate", "webhook_url", "ledger", "library", "budget"}


class ApiKey:
    """A credential that no repr, str, format, pickle or traceback shows.

    Parameters
    ----------
    value : str
        The key (v2, 32 letters and digits) or the JWT (v1).

    Raises
    ------
    ConfigError
        If it is empty or holds characters that no HTTP header may carry.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value.strip()
        problem = self._problem()
        if problem:
            del value  # a traceback may show this frame
            raise ConfigError(problem, next_step=f"copy the key again to {KEY_VARIABLE} or api_key=...")

    def _problem(self) -> str:
        if not self._value:
            return "The API key is empty."
        plain = self._value.isascii() and self._value.isprintable() and " " not in self._value
        return "" if plain else "The API key holds spaces or characters that no key has."

    def __repr__(self) -> str:
        return "ApiKey('***')"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("an ApiKey is not written anywhere")

    def header(self, scheme: str = "") -> str:
        """Return the value of the auth header, as a `str` whose repr is masked (tracebacks show locals)."""
        return _MaskedStr(f"{scheme} {self._value}" if scheme else self._value)

    @property
    def is_sandbox(self) -> bool:
        """Whether it is the made-up key of a sandbox, which says so."""
        return self._value.startswith("SandboxKey")

    @property
    def account(self) -> str:
        """Eight hex digits that tell two keys apart; no key can be found from them."""
        return hashlib.sha256(self._value.encode()).hexdigest()[:8]


class _MaskedStr(str):
    """A secret that HTTP code can send, but whose repr shows nothing."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


def api_key(
    argument: str | ApiKey | None = None, file: Mapping[str, Any] | None = None, *, host: str | None = None
) -> ApiKey:
    """Find the API key: the argument, else ``CORESIGNAL_API_KEY``, else the home's file, else the system's keyring.

    Parameters
    ----------
    argument : str or ApiKey, optional
        What was given.
    file : mapping, optional
        What `read_file` returned.
    host : str, optional
        Host of the base URL: in the keyring, each has a key of its own.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if isinstance(argument, ApiKey):
        return argument
    if argument or os.environ.get(KEY_VARIABLE):
        return ApiKey(argument or os.environ[KEY_VARIABLE])
    if file and "api_key" in file:
        return file["api_key"]  # type: ignore[no-any-return]
    kept = remembered(host)
    if kept is not None:
        return kept
    raise ConfigError(
        "No API key was given.",
        next_step=f"set the variable {KEY_VARIABLE}, or try the sandbox: bj.Client.sandbox(), bulkjobs demo",
    )


# --- the system's keyring -------------------------------------------------------------------------------------

# What the keyring answered, by host; empty where it holds no key, or is not to be asked for it any more.
_found: dict[str, _MaskedStr] = {}


def can_remember() -> bool:
    """Tell whether there is a keyring: the package `keyring` is installed, and finds one of the system."""
    return _keyring() is not None


def remember(key: ApiKey, host: str | None = None) -> None:
    """Keep a key in the system's keyring, where `api_key` finds it, today and tomorrow.

    Parameters
    ----------
    key : ApiKey
        The key.
    host : str, optional
        Host of the base URL that it is for; that of the real service unless told.

    Raises
    ------
    ConfigError
        There is no keyring, or it did not take the key.
    """
    host = host or DEFAULT_HOST
    backend = _keyring()
    if backend is None:
        raise ConfigError("There is no keyring on this system.", next_step=f"set the variable {KEY_VARIABLE}")
    try:
        backend.set_password(KEYRING_SERVICE, host, key.header())
    except Exception as error:  # noqa: BLE001  backends raise what they like, and may quote what they were given
        reason = type(error).__name__
    else:
        _found[host] = _MaskedStr(key.header())
        return
    raise ConfigError(f"The keyring did not take the key ({reason}).", next_step=f"set the variable {KEY_VARIABLE}")


def forget(host: str | None = None) -> None:
    """Delete the key of a host from the keyring; where there is none, nothing is done.

    Whatever becomes of that, this process does not use it any longer.

    Raises
    ------
    ConfigError
        The keyring did not delete it.
    """
    host = host or DEFAULT_HOST
    _found[host] = _MaskedStr()
    backend = _keyring()
    if backend is None:
        return
    try:
        if backend.get_password(KEYRING_SERVICE, host) is not None:
            backend.delete_password(KEYRING_SERVICE, host)
    except Exception as error:
        reason = type(error).__name__
        raise ConfigError(
            f"The keyring did not delete the key ({reason}); until a restart, it is not used any longer.",
            next_step="delete it there",
        ) from error


def remembered(host: str | None = None) -> ApiKey | None:
    """Return the key that the keyring holds for a host, or None; a keyring that is locked holds none.

    The keyring is asked the first time only.

    Raises
    ------
    ConfigError
        What it holds is no key.
    """
    host = host or DEFAULT_HOST
    if host not in _found:
        _found[host] = _asked(host)
    return ApiKey(_found[host]) if _found[host] else None


def _asked(host: str) -> _MaskedStr:
    """Return what the keyring holds for a host, empty for nothing; masked, as a traceback may show frames."""
    backend = _keyring()
    if backend is None:
        return _MaskedStr()
    try:
        return _MaskedStr(backend.get_password(KEYRING_SERVICE, host) or "")
    except Exception:  # noqa: BLE001  a locked keyring is none
        return _MaskedStr()


def _keyring() -> KeyringBackend | None:
    """Return the keyring of the system, or None: where there is none, nothing fails, and nobody is asked anything."""
    try:
        import keyring

        backend = keyring.get_keyring()
        # Of a chain, the first: others in it may be plain files, or ask for a password on the terminal. None of those
        # is recommended, which is what a priority of 1 says.
        backend = next(iter(getattr(backend, "backends", [backend])), backend)
        usable = backend.priority >= 1
    except Exception:  # noqa: BLE001  not installed, or no service on the bus: backends raise what they like
        return None
    return backend if usable else None


def read_file(home: Path) -> dict[str, Any]:
    """Read ``config.toml`` of a home folder.

    It may hold ``api_key``, ``base_url``, ``api_version``, ``rate``, ``webhook_url``, ``ledger``, ``library`` and
    ``[budget]``.

    Raises
    ------
    ConfigError
        It can't be read, or holds a key that other users of the machine could read.
    """
    path = home / "config.toml"
    try:
        settings = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be read ({error}).", next_step="correct or delete it") from error
    unknown = settings.keys() - _SETTINGS
    if unknown:
        raise ConfigError(f"{path} holds unknown settings: {', '.join(sorted(unknown))}.", next_step="correct it")
    told = ""
    if "api_key" in settings:
        settings["api_key"] = ApiKey(str(settings["api_key"]))  # at once: a traceback may show this dictionary
        told = "a key"
    if "ledger" in settings:
        settings["ledger"] = masked(settings["ledger"])
        settings["ledger"] = ledger_address(settings["ledger"])
        told = told or ("a password" if password_of(settings["ledger"]) else "")
    if told and os.name == "posix" and path.stat().st_mode & 0o077:
        raise ConfigError(f"{path} holds {told} and can be read by others.", next_step=f"chmod 600 {path}")
    if "webhook_url" in settings:
        settings["webhook_url"] = webhook_address(settings["webhook_url"])
    return settings


def setting(name: str, argument: Any, file: Mapping[str, Any], default: Any) -> Any:
    """Find a setting: the argument, else the variable ``BULKJOBS_<NAME>``, else the file, else the default."""
    if argument is not None:
        return argument
    return os.environ.get(f"BULKJOBS_{name.upper()}") or file.get(name, default)


def speed(value: object) -> float:
    """Check a rate in requests a second.

    Raises
    ------
    ConfigError
        Unless it is a number above 0.
    """
    try:
        rate = float(str(value))
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise ConfigError(f"rate must be a number of requests a second above 0, not {value!r}.")
    return rate


def library(value: object) -> str | None:
    """Check where the library is: a folder, whose ``~`` is the user's, or a URL, which stays as it is.

    Raises
    ------
    ConfigError
        It is neither.
    """
    if value is None:
        return None
    if not isinstance(value, (str, os.PathLike)) or not str(value).strip():
        raise ConfigError("library is no folder and no URL.", next_step='library="s3://bucket/library", or a folder')
    text = str(value)
    if "://" in text:
        return text.rstrip("/")
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError as error:
        raise ConfigError(f"library {text!r} can't be found ({error}).", next_step="name the folder") from error


def home(argument: str | os.PathLike[str] | None = None) -> Path:
    """Find the home folder: the argument, else ``BULKJOBS_HOME``, else the user's data folder. It is created."""
    chosen = argument if argument is not None else os.environ.get(HOME_VARIABLE) or None
    path = Path(chosen) if chosen is not None else platformdirs.user_data_path("bulkjobs")
    try:
        path = path.expanduser()
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError) as error:
        raise ConfigError(
            f"The home folder {path} can't be made ({error}).",
            next_step="pass home=... or set BULKJOBS_HOME",
        ) from error
    return path.resolve()


def base_url(argument: str | URL) -> URL:
    """Check a base URL: absolute, no credentials in it, and https unless it is loopback.

    Raises
    ------
    ConfigError
        If the key would travel in the clear, or the URL is no such thing.
    """
    try:
        url = URL(argument)
    except ValueError:
        url = URL()
    if not url.host or url.scheme not in {"http", "https"}:
        raise ConfigError(f"base_url {str(argument)!r} is no http(s) URL.", next_step=f"try {DEFAULT_BASE_URL!r}")
    if url.user or url.password:
        raise ConfigError("base_url must not hold a user name or password.", next_step="pass api_key=... instead")
    if url.scheme == "http" and not is_loopback(url):
        raise ConfigError(
            f"base_url uses plain http to {url.host}: the key would travel in the clear.",
            next_step="use https://",
        )
    return url.with_query(None).with_fragment(None).with_path(url.path.rstrip("/"))


def webhook_address(value: object, *, name: str = "webhook_url") -> str:
    """Check an address that the service is to call (contract section 9). It is a secret: no error quotes it.

    Parameters
    ----------
    value : object
        An absolute http(s) URL without credentials or fragment; plain http only to this machine.
    name : str
        What errors call it.

    Returns
    -------
    str
        The address to the letter; its repr is masked (tracebacks show locals).

    Raises
    ------
    ConfigError
        If it is no such address.
    """
    problem = _webhook_problem(value)
    if problem:
        raise ConfigError(f"{name} {problem}.", next_step=f'pass {name}="https://..."')
    return _MaskedStr(value)


def _webhook_problem(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        return "is no URL in plain letters"
    try:
        url = URL(value)
    except ValueError:
        url = URL()
    if not url.host or url.scheme not in {"http", "https"}:
        return "is no absolute http(s) URL"
    if url.raw_user is not None or url.raw_password is not None:
        return "must not hold a user name or password"
    if "#" in value:
        return "must not hold a fragment"
    if url.scheme == "http" and not is_loopback(url):
        return "uses plain http: the secret address would travel in the clear"
    return ""


def masked(value: T) -> T | str:
    """Return a text that may be a secret with a repr that shows nothing, for frames that a traceback may show."""
    return _MaskedStr(value) if isinstance(value, str) else value


def ledger_address(value: object) -> str:
    """Check where the ledger shall be. It may hold a password: no error quotes it.

    Parameters
    ----------
    value : object
        ``"postgresql://user:password@host/db"``, or ``"sqlite"`` for the file in the home folder.

    Returns
    -------
    str
        The address to the letter, empty for the file; its repr is masked (tracebacks show locals).

    Raises
    ------
    ConfigError
        If it is no such address.
    """
    value = masked(value)
    if value == "sqlite":
        return _MaskedStr()
    problem = _ledger_problem(value)
    if problem:
        raise ConfigError(
            f"The address of the ledger (ledger=..., BULKJOBS_LEDGER) {problem}.",
            next_step="write postgresql://user:password@host/db, or sqlite for a file in the home folder",
        )
    return _MaskedStr(value)


def _ledger_problem(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or " " in value:
        return "is no URL in plain letters"
    if not value.startswith(("postgresql://", "postgres://")):
        return "is no postgresql:// URL"
    if value.count("@") > 1:  # what follows the first one would be taken for the host, and told
        return "holds a user or password with an @: write %40"
    try:
        parts = urlsplit(value)
        named = parts.path.strip("/") and (parts.port is None or parts.port > 0)
    except ValueError:
        return "names no port that there is"
    if parts.fragment:
        return "holds a # in it: write %23"
    return "" if named else "names no database"


def password_of(address: str) -> str:
    """Return the password in an address of a ledger, masked; empty where it holds none."""
    parts = urlsplit(address)
    return _MaskedStr(unquote(parts.password or "") or dict(parse_qsl(parts.query)).get("password", ""))


def is_loopback(url: URL) -> bool:
    """Tell whether a URL points to this very machine."""
    return is_loopback_host(url.host or "")


def is_loopback_host(host: str) -> bool:
    """Tell whether a host is this very machine. Other names than ``localhost`` are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
