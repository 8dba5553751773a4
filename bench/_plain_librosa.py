"""The script most people would write: one librosa call per feature; `bench.analysis` times it.

``python bench/_plain_librosa.py AUDIO`` prints the seconds of its parts as JSON.
"""

from __future__ import annotations

import json
import sys
import time


def main(path: str) -> None:
    began = time.perf_counter()
    import librosa
    import numpy as np

    parts = {}
    y, sr = librosa.load(path, sr=22050, mono=True)
    parts["load_s"] = time.perf_counter() - began

    began = time.perf_counter()
    tempo, beats = librosa.beat.beat_track(y=y, sr=sr, units="time")
    parts["beats_s"] = time.perf_counter() - began

    began = time.perf_counter()
    feature = librosa.feature
    curves = [
        feature.chroma_stft(y=y, sr=sr),
        feature.rms(y=y),
        feature.zero_crossing_rate(y),
        feature.spectral_centroid(y=y, sr=sr),
        feature.spectral_rolloff(y=y, sr=sr),
        feature.spectral_bandwidth(y=y, sr=sr),
        feature.spectral_contrast(y=y, sr=sr),
        feature.spectral_flatness(y=y),
        feature.mfcc(y=y, sr=sr, n_mfcc=13),
    ]
    means = [curve.mean(axis=-1).tolist() for curve in curves]
    parts["features_s"] = time.perf_counter() - began

    began = time.perf_counter()
    feature.chroma_cqt(y=y, sr=sr)  # ours has none: counted apart
    parts["cqt_s"] = time.perf_counter() - began
    print(
        json.dumps(
            {"parts": parts, "bpm": float(np.ravel(tempo)[0]), "beats": len(beats), "means": means}
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
