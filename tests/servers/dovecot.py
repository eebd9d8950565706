"""A real Dovecot for tests, without rights of its own: everything lies in one folder and is gone afterwards."""

from __future__ import annotations

import imaplib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

USER, PASSWORD = "mailroom@council.example", 'p\u00e4ss "word\\'
DOMAIN = "council.example"
_NOBODY = 65534
_CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/run
log_path = {base}/dovecot.log
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{base}/server.pem
ssl_key = <{base}/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login{mechanisms}
auth_failure_delay = 0
mail_location = maildir:{base}/mail/%u
first_valid_uid = 1
mail_max_userip_connections = 50
{extra}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%d {base}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0600
  }}
}}
"""


class Mailbox:
    """An account of its own on a running server, and what staff and residents do to it."""

    def __init__(self, port: int, user: str) -> None:
        self.user = user
        self._client = imaplib.IMAP4("127.0.0.1", port, timeout=20)
        self._client.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())

    def close(self) -> None:
        """Sign out."""
        self._client.logout()

    def staff(self, folder: str = "INBOX") -> imaplib.IMAP4:
        """Open a folder as a member of staff, apart from the connector; it is made if it is not there."""
        if folder != "INBOX":
            self._client.create(f'"{folder}"')
        self._client.select(f'"{folder}"')
        return self._client

    def put(self, raw: bytes, folder: str = "INBOX", flags: str = "", arrived: str = "") -> None:
        """Let a mail arrive."""
        self.staff(folder).append(f'"{folder}"', flags, arrived, raw)

    def folders(self) -> list[str]:
        """Return the names of all folders."""
        lines = self._client.list()[1]
        return [line.decode().split(' "/" ')[1].strip('"') for line in lines if isinstance(line, bytes)]

    def mails(self, folder: str) -> list[bytes]:
        """Return the bytes of every mail in a folder."""
        found = self.staff(folder).uid("FETCH", "1:*", "(BODY.PEEK[])")[1]
        return [part[1] for part in found if isinstance(part, tuple)]

    def flags(self, folder: str = "INBOX") -> list[str]:
        """Return the flags of every mail in a folder, without what only says that it is new."""
        found = self.staff(folder).uid("FETCH", "1:*", "(FLAGS)")[1]
        lines = [line.decode().partition("FLAGS (")[2].rstrip(")") for line in found if isinstance(line, bytes)]
        return [" ".join(flag for flag in line.split() if flag != r"\Recent") for line in lines]


class Dovecot:
    """One running server; every account under its domain is there as soon as somebody signs in."""

    def __init__(self, base: Path, port: int, tls_port: int) -> None:
        self.base, self.port, self.tls_port = base, port, tls_port
        self._count = 0

    @contextmanager
    def mailbox(self) -> Iterator[Mailbox]:
        """Open an account that nobody has used."""
        self._count += 1
        mailbox = Mailbox(self.port, f"mailroom{self._count}@{DOMAIN}")
        try:
            yield mailbox
        finally:
            mailbox.close()


@contextmanager
def running(extra: str = "", mechanisms: str = "", files: dict[str, str] | None = None) -> Iterator[Dovecot]:
    """Start Dovecot and stop it again; `{base}` in the extra configuration is its folder."""
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        message = "Dovecot is not installed (Debian: dovecot-imapd), so nothing is tried against a real mailbox."
        pytest.fail(message) if os.environ.get("POSTROOM_REQUIRE_SERVERS") else pytest.skip(message)
    base = Path(tempfile.mkdtemp(prefix="post-"))
    server = Dovecot(base, _free_port(), _free_port())
    _write(server, extra, mechanisms, files or {})
    # The daemon refuses to read mail as root, so under root it runs as nobody.
    drop = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen(
        [program, "-F", "-c", str(base / "dovecot.conf")], stderr=subprocess.DEVNULL, cwd=base, **drop
    )
    try:
        _await(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        shutil.rmtree(base, ignore_errors=True)


def _write(server: Dovecot, extra: str, mechanisms: str, files: dict[str, str]) -> None:
    uid, gid = (_NOBODY, _NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    values = {
        "base": server.base, "port": server.port, "tls_port": server.tls_port, "uid": uid, "gid": gid,
        "user": _name("passwd", uid), "group": _name("group", gid), "mechanisms": mechanisms,
    }  # fmt: skip
    contents = {
        "dovecot.conf": _CONFIGURATION.format(extra=extra.replace("{base}", str(server.base)), **values),
        "users": f"{DOMAIN}:{{PLAIN}}{PASSWORD}\n",
        **files,
        **_certificate(),
    }
    for name, content in contents.items():
        (server.base / name).write_text(content, encoding="utf-8")
    for folder in ("run", "mail"):
        (server.base / folder).mkdir()
    for path in (server.base, *server.base.iterdir()):
        os.chown(path, uid, gid)


def _name(database: str, number: int) -> str:
    import grp
    import pwd

    return pwd.getpwuid(number).pw_name if database == "passwd" else grp.getgrgid(number).gr_name


def _certificate() -> dict[str, str]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "server.pem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
        "server.key": private.decode(),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with server.mailbox():
                return
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.05)
    log = server.base / "dovecot.log"
    pytest.fail(f"Dovecot did not start: {log.read_text()[-600:] if log.exists() else 'no log'}")
