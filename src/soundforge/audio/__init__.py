"""Typed doors to the programs outside this process: engines, spotdl."""
