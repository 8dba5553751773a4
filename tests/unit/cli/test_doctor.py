"""What is said of half precision, in every case there is."""

import pytest

from soundforge.cli.doctor import half_precision

GOOD = {"vocals": 71.2, "drums": 58.4}
BAD = {"vocals": 71.2, "drums": 31.0}


@pytest.mark.parametrize(
    ("asked", "has_f16", "stems_db", "said"),
    [
        ("auto", True, GOOD, "half precision used: 58 dB at worst (drums), 50 are enough"),
        ("auto", True, BAD, "half precision not used: 31 dB at worst (drums), 50 are enough"),
        ("auto", True, None, "half precision not measured yet: the first song does that"),
        ("auto", False, None, "half precision not used: this CPU has none"),
        ("auto", False, GOOD, "half precision not used: this CPU has none"),
        ("f32", True, GOOD, "half precision forbidden by SFA_PRECISION=f32"),
        (
            "f16",
            True,
            BAD,
            "half precision forced by SFA_PRECISION=f16: 31 dB at worst (drums), 50 are enough",
        ),
        ("f16", True, None, "half precision forced by SFA_PRECISION=f16"),
        ("f16", False, None, "half precision not used: this CPU has none"),
        ("auto", None, None, ""),
    ],
)
def test_half_precision_is_told_as_it_is(asked, has_f16, stems_db, said):
    assert half_precision(asked, has_f16=has_f16, stems_db=stems_db) == said
