"""Where files live, and how they get there without ever being half there.

`layout` (pure) says where; `local` does the work on this machine's disk.
"""
