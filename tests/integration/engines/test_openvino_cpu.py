"""OpenVINO without its telemetry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from soundforge.engines import openvino_cpu


def test_importing_it_loads_no_telemetry_and_writes_nothing(tmp_path):
    code = (
        "import json, sys; from soundforge.engines import openvino_cpu; openvino_cpu.load();"
        "print(json.dumps([n for n, m in sys.modules.items() if m and 'telemetry' in n]))"
    )

    loaded = json.loads(
        subprocess.check_output(
            [sys.executable, "-c", code], env={**os.environ, "HOME": str(tmp_path)}
        )
    )

    assert not [name for name in loaded if name.startswith("openvino_telemetry")]
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_compiled_for_full_precision():
    ov = openvino_cpu.load()
    from openvino import opset13 as op

    x = op.parameter([2], np.float32)
    model = ov.Model([op.multiply(x, op.constant(np.array([3, 4], np.float32)))], [x])

    compiled = openvino_cpu.compile_model(model, threads=1)

    assert compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert "float32" in str(compiled.get_property("INFERENCE_PRECISION_HINT"))
    np.testing.assert_array_equal(compiled([np.array([1, 2], np.float32)])[0], [3, 8])


KEPT_ON_ONE_CORE = """
    import json, os, threading, time
    import numpy as np
    from soundforge.engines import openvino_cpu

    ov = openvino_cpu.load()
    from openvino import opset13 as op

    x = op.parameter([1, 32, 256, 256], np.float32)
    weights = op.constant(np.ones((32, 32, 5, 5), np.float32))
    y = op.convolution(x, weights, [1, 1], [2, 2], [2, 2], [1, 1])
    network = openvino_cpu.compile_model(ov.Model([y], [x]), threads=2)
    mix = np.ones((1, 32, 256, 256), np.float32)
    network([mix])
    last = max(os.sched_getaffinity(0))
    threads = os.listdir("/proc/self/task")
    for thread in threads:
        os.sched_setaffinity(int(thread), {last})
    seen, is_over = set(), threading.Event()

    def watch():
        while not is_over.wait(0.001):
            seen.update(core for thread in threads for core in os.sched_getaffinity(int(thread)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    deadline = time.monotonic() + 20
    for _ in range(10):
        network([mix])
    while not seen and time.monotonic() < deadline:
        network([mix])
    is_over.set()
    watcher.join()
    print(json.dumps([sorted(seen), network.get_property("INFERENCE_NUM_THREADS")]))
"""


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two cores, and a system that keeps threads on some",
)
def test_its_threads_stay_on_the_cores_that_they_are_given_while_they_compute():
    told = subprocess.check_output([sys.executable, "-c", textwrap.dedent(KEPT_ON_ONE_CORE)])

    cores, threads = json.loads(told)
    assert threads == 2
    assert cores == [max(os.sched_getaffinity(0))]
