"""What a Mel-Band RoFormer is built of: part of a model's description, so nothing heavy is here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoformerNetwork:
    """The numbers a checkpoint of the family was trained with; its configuration file has them.

    Args:
        sources: What the network makes of the mix, one for each of its mask estimators. Stems of
            the model that are not among them are what is left of the mix.
        bands: Overlapping mel bands that the spectrum is cut into (``num_bands``).
        width: Numbers that stand for one band of one frame (``dim``).
        depth: Pairs of a transformer over time and one over bands.
        time_depth: Layers of each transformer over time (``time_transformer_depth``).
        band_depth: Layers of each transformer over bands (``freq_transformer_depth``).
        heads: Heads of each attention.
        head_width: Numbers of a head (``dim_head``).
        mask_depth: Hidden layers of a mask estimator (``mask_estimator_depth``).
        fft_size: Samples of a frame (``stft_n_fft``).
        hop: Samples from frame to frame (``stft_hop_length``).
        segment: Samples the network is given (``chunk_size``), a multiple of ``hop``.
    """

    sources: tuple[str, ...]
    bands: int = 60
    width: int = 384
    depth: int = 6
    time_depth: int = 1
    band_depth: int = 1
    heads: int = 8
    head_width: int = 64
    mask_depth: int = 2
    fft_size: int = 2048
    hop: int = 441
    segment: int = 352_800

    @property
    def frames(self) -> int:
        """Frames of a segment."""
        return self.segment // self.hop + 1

    @property
    def bins(self) -> int:
        """Frequencies of a frame."""
        return self.fft_size // 2 + 1
