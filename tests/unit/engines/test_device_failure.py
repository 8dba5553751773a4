"""Out of torch's sentences: is the memory too small, or does it not work there?"""

from __future__ import annotations

import pytest

from soundforge.engines.device_failure import DeviceFailed, DeviceFull, translate


class OutOfMemoryError(RuntimeError):
    """As torch calls its own."""


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemoryError("anything"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has …\nmore"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("MPS backend out of memory (MPS allocated: 17.9 GB, other allocations …"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory"),
    ],
)
def test_too_little_memory_is_known_by_its_words(error):
    assert isinstance(translate(error), DeviceFull)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            NotImplementedError("Output channels > 65536 not supported at the MPS device."),
            "Output channels > 65536 not supported at the MPS device.",
        ),
        (
            RuntimeError("CUDA error: no kernel image is available\nCUDA kernel errors might …"),
            "CUDA error: no kernel image is available",
        ),
        (NotImplementedError(), "NotImplementedError"),
        (RuntimeError(""), "RuntimeError"),
        (RuntimeError("\n\nsomething\nstack"), "something"),
    ],
)
def test_all_else_is_told_by_its_first_line(error, reason):
    found = translate(error)

    assert isinstance(found, DeviceFailed)
    assert str(found) == reason
