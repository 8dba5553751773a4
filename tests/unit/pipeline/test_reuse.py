"""A folder is had twice for the price of once."""

import errno
from types import SimpleNamespace

import pytest

from soundforge.pipeline import reuse


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "vocals").mkdir(parents=True)
    (folder / "vocals.flac").write_bytes(b"master")
    (folder / "vocals" / "00000.flac").write_bytes(b"piece")
    return folder


def test_files_are_the_same_ones_and_what_was_there_is_gone(source, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "left.f32").write_bytes(b"of an earlier attempt")

    reuse.link_all(source, target)

    assert sorted(p.name for p in target.rglob("*")) == ["00000.flac", "vocals", "vocals.flac"]
    assert (target / "vocals.flac").samefile(source / "vocals.flac")


@pytest.mark.parametrize("number", [errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP])
def test_where_there_are_no_hard_links_files_are_copied(source, tmp_path, number):
    def refuse(*_):
        raise OSError(number, "no hard links here")

    reuse.link_all(source, tmp_path / "target", link=refuse)

    copied = tmp_path / "target" / "vocals" / "00000.flac"
    assert copied.read_bytes() == b"piece"
    assert not copied.samefile(source / "vocals" / "00000.flac")


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(OSError, match="gone"):
        reuse.link_all(tmp_path / "gone", tmp_path / "target")


def key(**chosen):
    """The key of a separation with a precision and a device that were chosen, or with options."""
    options, rate_hz = chosen.pop("options", {}), chosen.pop("rate_hz", 48_000)
    models = SimpleNamespace(
        **{"precision": "auto", "device": "auto", **chosen},
        weights_hash=lambda _: "weights",
        info=lambda _: SimpleNamespace(sample_rate_hz=44_100),
    )
    job = SimpleNamespace(model="htdemucs", options=options)
    track = SimpleNamespace(recording_sha256="recording", sample_rate_hz=rate_hz)
    return reuse.content_key(SimpleNamespace(models=models), job, track)


def test_stems_of_another_precision_or_device_are_not_the_same_stems():
    chosen = [{}, {"precision": "f32"}, {"device": "cpu"}, {"device": "cuda"}, {"device": "mps"}]

    assert len({key(**choice) for choice in chosen}) == len(chosen)
    assert key() == key()


def test_other_stems_and_another_rate_are_other_files():
    asked = [{}, {"stems": ["vocals"]}, {"stems": ["bass", "vocals"]}, {"sample_rate": "source"}]

    assert len({key(options=options) for options in asked}) == len(asked)
    assert key(options={"stems": ["vocals", "bass"]}) == key(options=asked[2])


def test_a_recording_at_the_models_rate_has_the_same_stems_either_way():
    assert key(rate_hz=44_100, options={"sample_rate": "source"}) == key(rate_hz=44_100)
