"""A PostgreSQL server for tests: started without root's rights, listening on a socket of its own only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

_PLACES = (Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
_PORT = 5432


def postgres_binary(name: str) -> str | None:
    """Return the path of a PostgreSQL program; Debian keeps them out of the search path."""
    return shutil.which(name) or next((str(place / name) for place in _PLACES if (place / name).exists()), None)


class PostgresServer:
    """One server with a folder of its own, which is removed at the end."""

    def __init__(self) -> None:
        # A socket's path has to be short, so the folder cannot lie in pytest's.
        self._home = Path(tempfile.mkdtemp(prefix="pr-pg-"))
        self._data = self._home / "data"
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self._home, account.pw_uid, account.pw_gid)
        self._home.chmod(0o700)

    def start(self) -> None:
        """Make the database folder and start the server."""
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        # Losing power is not what these tests are about; waiting for the disk is left out.
        options = f"-c listen_addresses= -c unix_socket_directories={self._home} -c fsync=off -c max_connections=50"
        self._run("pg_ctl", "-D", str(self._data), "-o", options, "-w", "-l", str(self._home / "log"), "start")

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")
        shutil.rmtree(self._home, ignore_errors=True)

    def new_database(self, name: str) -> str:
        """Return the address of an empty schema: to a ledger it is a database, and it costs no copy of one."""
        import psycopg

        with psycopg.connect(f"host={self._home} port={_PORT} user=postgres", autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{name}"'.encode())
        return f"postgresql+psycopg://postgres@/postgres?host={self._home}&port={_PORT}&options=-csearch_path%3D{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(postgres_binary(program)), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, cwd=self._home, stdout=subprocess.DEVNULL)
