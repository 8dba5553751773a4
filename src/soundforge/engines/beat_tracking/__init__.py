"""Beats and bars: ``rhythm`` finds them, by a network and its witnesses or by spectral flux."""
