"""The eight routes of the Elixir original: flat bodies, its status codes, its sentences.

Differences on purpose: ``file_path`` must lie in the caller's own storage, error answers also
carry ``code``, and no server path is given away.
"""
