"""What an engine says reaches whoever asked."""

from soundforge.audio import report
from soundforge.engines.protocol import Progress


def test_the_progress_of_an_engine_is_told_in_its_parts():
    told = []

    report.of_engine(lambda *said: told.append(said))(Progress(0.4, "separating", {"segment": 8}))

    assert told == [(0.4, "separating", {"segment": 8})]
