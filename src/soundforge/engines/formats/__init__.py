"""The formats of files of sound: how to tell them, their packets, their tags.

``decode`` and ``reader``, a level up, turn any of them into samples.
"""
