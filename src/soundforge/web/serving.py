"""uvicorn, as a child of our supervisor."""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING, Final

import uvicorn

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from soundforge.web.server import WebApp

_MAX_FRAME_BYTES: Final = 1_000_000
_GRACE_S: Final = 5


class WebServer:
    """Listen and serve.

    Args:
        app: What is served.
        host: Address to listen on.
        port: Port to listen on; 0 for any.
    """

    def __init__(self, app: WebApp, *, host: str, port: int) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._server: _Server | None = None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        assert self._socket is not None
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hold the port while the block runs, and say where it is.

        Raises:
            errors.Conflict: Somebody else has the port (``port_in_use``).
        """
        with self._bind() as self._socket:
            # For a person or a script that started us: the log may be JSON, or elsewhere.
            sys.stdout.write(f"Sound Forge Alchemy is at {self.address}\n")
            sys.stdout.flush()
            yield

    async def run(self) -> None:
        """Serve until `drain`, or until cancelled."""
        assert self._socket is not None
        config = uvicorn.Config(
            self._app.asgi,
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=_MAX_FRAME_BYTES,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Server(config)
        await self._server.serve(sockets=[self._socket.dup()])

    async def drain(self) -> None:
        """Close the sockets with 1012, let requests end, then end `run`."""
        await self._app.drain()
        if self._server is not None:
            self._server.should_exit = True

    def _bind(self) -> socket.socket:
        host = self._host.strip("[]")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.socket(family)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, self._port))
            bound.listen(2048)
        except OSError as error:
            bound.close()
            raise errors.Conflict(
                "port_in_use",
                f"Port {self._port} of {host} cannot be used: {error.strerror}.",
                "Stop what uses it, or choose another with --port.",
            ) from error
        return bound


class _Server(uvicorn.Server):
    """Leaves signals to our supervisor."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
