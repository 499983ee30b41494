"""Keyrings of systems, in memory."""

from __future__ import annotations

import keyring.backend


class Kept(keyring.backend.KeyringBackend):
    """One that works."""

    priority = 5.0

    def __init__(self) -> None:
        self.passwords: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.passwords[service, username]


class PlainFile(Kept):
    """A keyring that no system recommends: it may write plain text, or ask for a password on the terminal."""

    priority = 0.5

    def get_password(self, service: str, username: str) -> str | None:
        raise AssertionError("asked")

    set_password = delete_password = get_password  # type: ignore[assignment]


class Locked(Kept):
    """One that can't be opened, and says more than it should."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("no prompt could be shown")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"can't write {password}")


class Stubborn(Kept):
    """One that deletes nothing."""

    def delete_password(self, service: str, username: str) -> None:
        raise RuntimeError("no")
