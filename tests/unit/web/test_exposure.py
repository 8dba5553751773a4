"""Only this computer."""

from __future__ import annotations

import pytest

from soundforge import errors
from soundforge.web import exposure


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_this_computer_is_let_in(host):
    exposure.require_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.4", "example.org", "", "localhost.example", "127.0.0.1:80"]
)
def test_whatever_others_could_reach_is_refused(host):
    with pytest.raises(errors.Invalid) as refused:
        exposure.require_loopback(host)

    assert refused.value.code == "host_not_loopback"
