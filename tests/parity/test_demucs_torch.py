"""The Demucs family through torch, on the CPU: no graphics card is needed to hold it to account.

The same code runs on CUDA and MPS; only the device differs, and what it calls half precision.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from soundforge.engines import demucs, separate, weights
from soundforge.engines.accelerated import Accelerated
from soundforge.engines.device_failure import DeviceFailed, DeviceFull
from soundforge.engines.devices import Found
from tests.fixtures import demucs_weights

torch = pytest.importorskip("torch")
pytest.importorskip("demucs_infer")

from soundforge.engines.demucs_torch import TorchDevice  # noqa: E402 -- it needs torch
from tests.parity.test_parity import ENOUGH_DB, RATE_HZ, music, reference, sdr_db  # noqa: E402

FOUR = ("drums", "bass", "other", "vocals")
CASES = [
    ("htdemucs", 14, 0.25, FOUR),
    ("htdemucs_6s", 8, 0.1, ("guitar", "bass")),
    ("htdemucs_ft", 8, 0.25, ("vocals",)),
    ("mdx_extra", 5, 0.25, FOUR),
    ("mdx_extra", 48, 0.25, ("drums",)),
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("torch")


@pytest.fixture(scope="session")
def task(folder):
    """The bag that knows any length: short audio is enough."""
    installed = weights.find(demucs_weights.install(folder, "mdx_extra"), "mdx_extra")
    return SimpleNamespace(
        model=weights.description("mdx_extra"),
        installed=installed,
        weights=installed.path,
        stems=("drums", "vocals"),
        threads=0,
        device="torch-cpu",
    )


@pytest.fixture(scope="session")
def device(task):
    made = TorchDevice(task, Found("torch-cpu", "torch on the CPU"), 44 * RATE_HZ)
    made.batch = 4
    return made


@pytest.fixture(scope="session")
def mixes():
    mix = music(3)
    return [mix[:, at : at + RATE_HZ] for at in (0, RATE_HZ, 2 * RATE_HZ)]


@pytest.fixture(scope="session")
def exact(device, mixes):
    """The stems of each mix, one at a time, in f32."""
    return [device.separate([mix], "f32")[0] for mix in mixes]


@pytest.fixture(scope="session")
def on_cpu(task):
    return demucs.Bag(task)


@pytest.fixture
def networks(device, on_cpu):
    made = Accelerated(device, lambda: on_cpu)
    made.precision = "f32"
    return made


def run(folder, name, mix, **more):
    """Separate as a job does; return the result and the stems' samples by name."""
    out_dir = folder / "-".join([name, str(mix.shape[1]), *map(str, more.values())])
    out_dir.mkdir()
    soundfile.write(out_dir / "mix.wav", mix.T, RATE_HZ, "FLOAT")
    params = {"model": name, "path": str(out_dir / "mix.wav"), "out_dir": str(out_dir)}
    models_dir = demucs_weights.install(folder, name)
    options = {"models_dir": str(models_dir), "format": "wav", "device": "torch-cpu"}
    made = separate.separate({**params, **options, **more}, lambda *_, **__: None)
    samples = {
        stem["stem"]: soundfile.read(out_dir / stem["file_name"], dtype="float32")[0].T
        for stem in made["stems"]
    }
    return made, samples


@pytest.mark.parametrize(("name", "seconds", "overlap", "stems"), CASES)
def test_stems_are_those_of_the_reference(name, seconds, overlap, stems, folder):
    model, mix = weights.description(name), music(seconds)

    made, found = run(folder, name, mix, precision="f32", overlap=overlap, stems=stems)

    expected = reference(model, folder / "files" / name, mix, overlap)
    assert (made["device"], made["device_fallback"]) == ("torch-cpu", "")
    for stem in stems:
        agreement_db = sdr_db(expected[stem], found[stem])
        print(f"{name} {seconds} s overlap {overlap} {stem}: {agreement_db:.1f} dB")
        assert agreement_db >= ENOUGH_DB


def test_a_batch_is_what_its_segments_are_one_by_one(device, mixes, exact):
    together = device.separate(mixes, "f32")

    assert min(map(sdr_db, exact, together)) >= ENOUGH_DB


def test_half_precision_is_rough_and_its_fourier_transforms_are_not(device, mixes, exact):
    seen = {}

    def note(network, inputs, output):
        seen[type(network).__name__] = (inputs[0].dtype, output.dtype)

    network = device._network(device._members[0])
    deep = next(module for module in network.modules() if isinstance(module, torch.nn.Conv2d))
    hooks = [module.register_forward_hook(note) for module in (network, deep)]
    rough = device.separate(mixes, "f16")
    for hook in hooks:
        hook.remove()

    agreement_db = min(map(sdr_db, exact, rough))
    print(f"mdx_extra in bfloat16 against f32: {agreement_db:.1f} dB")
    assert 25 < agreement_db < ENOUGH_DB
    assert seen["Conv2d"][1] == torch.bfloat16
    assert seen["HDemucs"] == (torch.float32, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        spectra = network._spec(torch.from_numpy(mixes[0])[None])
        assert spectra.dtype == torch.complex64
        assert network._ispec(spectra[:, None], RATE_HZ).dtype == torch.float32


def test_a_batch_that_does_not_fit_is_halved(device, networks, mixes, exact):
    def full(_, inputs):
        if len(inputs[0]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    with hooked(device, lambda network: network.register_forward_pre_hook(full)):
        with pytest.raises(DeviceFull):
            device.separate(mixes, "f32")
        found = networks.separate_all(mixes)

    assert (networks.ahead, networks.device, networks.fallback) == (1, "torch-cpu", "")
    np.testing.assert_array_equal(found, exact)


@pytest.mark.parametrize(
    "failure",
    [
        torch.OutOfMemoryError("MPS backend out of memory"),
        NotImplementedError("Output channels > 65536 not supported at the MPS device."),
        RuntimeError("CUDA error: no kernel image is available for execution on the device"),
        TypeError("Cannot convert a MPS Tensor to float64 dtype"),
    ],
)
def test_the_cpu_goes_on_where_the_device_cannot(failure, device, networks, mixes, exact):
    def fail(*_):
        raise failure

    with hooked(device, lambda network: network.register_forward_pre_hook(fail)):
        with pytest.raises((DeviceFull, DeviceFailed)):
            device.separate(mixes, "f32")
        found = networks.separate_all(mixes)

    assert networks.device == "cpu"
    assert networks.fallback.startswith("torch-cpu gave up: ")
    assert min(map(sdr_db, exact, found)) >= ENOUGH_DB


def test_what_overflows_in_half_precision_runs_again_in_full(device, networks, mixes, exact):
    def overflow(_, inputs, output):
        if torch.is_autocast_enabled("cpu"):
            output[1, 0, 0, 100] = torch.inf  # the second segment of the batch
        return output

    networks.precision = "f16"
    with hooked(device, lambda network: network.register_forward_hook(overflow)):
        found = networks.separate_all(mixes)

    assert networks.mended == 1
    np.testing.assert_array_equal(found[1], exact[1])
    assert sdr_db(exact[0], found[0]) < ENOUGH_DB


def test_work_that_was_cut_off_goes_on_and_gives_the_same_bit_by_bit(folder):
    mix = music(16)  # three segments, two batches
    _, whole = run(folder, "htdemucs_ft", mix, precision="f32", stems=("bass",))

    def cut(fraction, message, **_):
        if fraction > 0.7 and message == "separating":  # in the second batch
            raise InterruptedError

    models_dir = demucs_weights.install(folder, "htdemucs_ft")
    early, late = folder / "early", folder / "late"
    for out_dir in (early, late):
        out_dir.mkdir()
    soundfile.write(folder / "cut.wav", mix.T, RATE_HZ, "FLOAT")
    params = {
        "model": "htdemucs_ft",
        "path": str(folder / "cut.wav"),
        "models_dir": str(models_dir),
        "format": "wav",
        "device": "torch-cpu",
        "precision": "f32",
        "stems": ("bass",),
    }
    with pytest.raises(InterruptedError):
        separate.separate({**params, "out_dir": str(early)}, cut)

    made = separate.separate(
        {**params, "out_dir": str(late), "earlier_dirs": [str(early)]}, lambda *_, **__: None
    )

    assert made["resumed_segments"] == 2  # one batch
    np.testing.assert_array_equal(
        soundfile.read(late / "bass.wav", dtype="float32")[0].T, whole["bass"]
    )


def test_a_device_that_is_not_there_is_told_with_the_stems(folder):
    made, _ = run(folder, "htdemucs_ft", music(1), device="mps", stems=("bass",))

    assert made["device"] == "cpu"
    assert made["device_fallback"] == "torch finds no device for MPS"


class hooked:  # noqa: N801 -- a with statement, not a thing
    """Hang hooks on every network of a device."""

    def __init__(self, device, hang):
        self._hooks = [hang(device._network(member)) for member in device._members]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for hook in self._hooks:
            hook.remove()
