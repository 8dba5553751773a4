"""Freed memory is kept where the C library can, and nothing breaks where it cannot."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from soundforge.engines import allocator

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(1 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

allocator.keep_what_was_freed()
faults()
print(faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own")
def test_a_large_array_takes_the_place_of_the_one_before():
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True)

    # Each array has 2,048 pages; all would be asked for anew.
    assert int(done.stdout) < 2_048
