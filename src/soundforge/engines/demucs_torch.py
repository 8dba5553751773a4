"""The Demucs family on a graphics card: torch modules filled with the installed weights.

The networks are demucs-infer's (MIT), made with the arguments that the weights were checked
against; no checkpoint is unpickled. In f16 convolutions and matrix products run in half
precision (autocast); the Fourier transforms and all statistics stay in f32.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from soundforge.engines import demucs_members, device_failure, devices, skeleton, torch_device
from soundforge.engines.published import FileWeights
from soundforge.engines.stored_network import StoredNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from soundforge.engines.demucs_members import Member
    from soundforge.engines.devices import Found
    from soundforge.engines.precision import Chosen
    from soundforge.engines.separation import Task
    from soundforge.engines.stft import Samples

_HALF: Final = {"cuda": "float16", "mps": "float16", "torch-cpu": "bfloat16"}
# Seconds of music at once: eight segments of HTDemucs, one of HDemucs. Halved when that is too
# much. A graphics card with the computer's own memory leaves some for the rest.
_AT_ONCE_S: Final = {"cuda": 64, "mps": 16, "torch-cpu": 16}


class TorchDevice:
    """The networks of a model that the wanted stems need, on one device.

    Args:
        task: What is wanted.
        found: The device.
        segment: Length of a segment.

    Attributes:
        kind: The device's kind.
        machine: The device and torch's version.
        batch: How many segments it gets at once to begin with.
    """

    def __init__(self, task: Task, found: Found, segment: int) -> None:
        assert isinstance(task.model.weights, FileWeights)
        self._torch = torch = torch_device.set_up(task.threads)
        self.kind: str = found.kind
        self.machine = devices.machine(found, str(torch.__version__))
        self.batch = max(1, _AT_ONCE_S[found.kind] * task.model.sample_rate_hz // segment)
        self._device = torch.device("cpu" if found.kind == "torch-cpu" else found.kind)
        self._half = getattr(torch, _HALF[found.kind])
        self._family = task.model.weights.skeleton
        self._path = task.weights
        self._stems = len(task.stems)
        self._members = demucs_members.needed(task)
        self._networks: dict[str, Any] = {}

    def separate(self, mixes: Sequence[Samples], precision: Chosen) -> list[Samples]:
        """Take segments of one length ``(2, n)`` to their stems ``(stems, 2, n)``.

        Raises:
            DeviceFull: There is not enough memory.
            DeviceFailed: It cannot be done there.
        """
        try:
            with self._torch.inference_mode(), self._computing_in(precision):
                return list(self._separate(np.stack(mixes)))
        # Nearly all that torch raises is a RuntimeError; MPS says with a TypeError that it has no
        # float64, and an install that is half there fails at its imports.
        except (RuntimeError, TypeError, ImportError) as error:
            raise device_failure.translate(error) from error

    def give_back(self) -> None:
        """Give back the memory that is not in use."""
        # After a fault of the device even this may raise; there is nothing left to give back.
        with contextlib.suppress(RuntimeError):
            torch_device.give_back(self._torch, self.kind)

    def _separate(self, mixes: Samples) -> Samples:
        batch, channels, samples = mixes.shape
        x = self._torch.from_numpy(mixes).to(self._device)
        shape = batch, self._stems, channels, samples
        out = self._torch.zeros(shape, dtype=self._torch.float32, device=self._device)
        for member in self._members:
            made = self._network(member)(x)
            out[:, list(member.places)] += made[:, list(member.sources)]
        stems: Samples = out.cpu().numpy()
        stems /= demucs_members.times(self._members, self._stems)
        return stems

    @contextlib.contextmanager
    def _computing_in(self, precision: Chosen) -> Iterator[None]:
        with self._torch.autocast(self._device.type, dtype=self._half, enabled=precision == "f16"):
            yield

    def _network(self, member: Member) -> Any:
        if member.network not in self._networks:
            stored = StoredNetwork(self._path, member.network)
            network = _make(self._family, stored.arguments())
            network.load_state_dict(
                {
                    name: self._torch.from_numpy(np.array(array, np.float32))
                    for name, array in stored.arrays().items()
                }
            )
            stored.let_go()
            network = network.eval().requires_grad_(requires_grad=False).to(self._device)
            self._keep_fourier_exact(network)
            self._networks[member.network] = network
        return self._networks[member.network]

    def _keep_fourier_exact(self, network: Any) -> None:
        """Take both Fourier transforms out of autocast and, where it has none, off the device."""
        torch, device = self._torch, self._device
        place = torch.device("cpu") if self.kind == "mps" else device

        def exactly(transform: Callable[..., Any], kind: Any, back: Any) -> Callable[..., Any]:
            def run(values: Any, *args: Any, **options: Any) -> Any:
                with torch.autocast(device.type, enabled=False):
                    return transform(values.to(place, kind), *args, **options).to(back)

            return run

        # The spectra stay where they were made: only their parts go to the network.
        network._spec = exactly(network._spec, torch.float32, place)  # noqa: SLF001 -- its own hooks
        network._ispec = exactly(network._ispec, torch.complex64, device)  # noqa: SLF001


def _make(family: str, given: dict[str, Any]) -> Any:
    """Return the network of a family, as its weights were made for; without weights."""
    from demucs_infer.hdemucs import HDemucs
    from demucs_infer.htdemucs import HTDemucs

    name, arguments = skeleton.arguments(family)
    arguments["segment"] = Fraction(arguments["segment"])
    if name == "HTDemucs":
        return HTDemucs(**arguments)
    return HDemucs(**{**arguments, "hybrid_old": bool(given.get("hybrid_old", False))})
