"""OpenVINO without its telemetry."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np

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
