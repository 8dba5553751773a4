"""Analyses of the real program over HTTP."""

from __future__ import annotations


def test_an_analysis_has_its_numbers(app_server, ready_track):
    (first, *_) = app_server.api.get(f"/tracks/{ready_track['id']}/analyses").json()["data"]

    assert first["track_id"] == ready_track["id"]
    assert first["key"] is None or first["key"].endswith(("major", "minor"))
    assert 0 < first["energy"] <= 1
    assert 0 < first["spectral_centroid"] < first["spectral_rolloff"] < 22_050
    assert 0 < first["zero_crossing_rate"] < 1
    assert {"tempo", "key", "energy", "spectral", "mfcc", "chroma"} <= set(first["features"])


def test_the_newest_one_is_in_the_track(app_server, ready_track):
    found = app_server.api.get(f"/tracks/{ready_track['id']}/analyses").json()["data"]

    assert app_server.track(ready_track["id"])["analysis"] == found[-1]
