"""The programs themselves: every heavy computation is one of these OS processes.

Each runs as ``python -m soundforge.engines.<name>`` and speaks newline-JSON, see
`soundforge.engines.protocol`. This folder is the only home of numpy, scipy and OpenVINO;
the server reaches it through `soundforge.audio` and imports none of them.
"""
