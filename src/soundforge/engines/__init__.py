"""The programs themselves: every heavy computation is one of these OS processes.

Each runs as ``python -m soundforge.engines.<name>`` and speaks newline-JSON, see
`soundforge.engines.protocol`. This folder is the only home of numpy, scipy and OpenVINO;
the server reaches it through `soundforge.audio` and imports none of them.

Where to begin:

- The programs: `media`, `separate`, `analyze`, `transcribe`, `warp`, `warp_stems`, `mix_down`,
  `pull_model`, `find_devices`; with a command line of their own in `by_hand`. What they share:
  `runtime`.
- One file per variant: `separators` and `networks` describe models, `features` are analyses.
- Sound in: `decode` and `reader` over `formats`; `mix` is what a separation hears. Sound out:
  `stem_writer`, `stem_track`.
- Separation: `spleeter`, `demucs`, `roformer`, in `segments` that `overlap_add` joins, by networks
  on the CPU (`on_cpu`, `openvino_cpu`) or on a graphics card (`accelerated`, `torch_device`).
- Listening: `spectrum` and what is made of it; `beat_tracking`, `chord_model` and `chordnet`,
  `self_similarity` and `song_form`, `loudness_meter`, `notes`.
- Weights: fetched by `pull_model`, kept by `weights`; files from elsewhere are read without
  running what they hold, by `checkpoints`, `torch_pickle` and `weight_files`.
"""
