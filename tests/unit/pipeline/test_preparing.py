"""What comes before a separation is told in words, and only where there is something to do."""

from types import SimpleNamespace

from soundforge.pipeline import preparing


class Shelf:
    """A stand-in for the models: one that is fetched in two steps."""

    def __init__(self, *, installed):
        self.is_installed = installed

    def installed(self, _):
        return self.is_installed

    def info(self, _):
        return SimpleNamespace(label="Spleeter")

    async def pull(self, _, *, report):
        report(0.4, "downloading", {"received_bytes": 41_200_000, "total_bytes": 88_554_911})
        report(0.9, "converting", {})


async def test_a_fetch_is_told_in_megabytes_then_in_words():
    said = []

    await preparing.fetch(SimpleNamespace(models=Shelf(installed=False)), "x", said.append)

    assert said == ["Fetching Spleeter, 41 of 89 MB", "Fetching Spleeter: converting"]


async def test_a_model_that_is_here_is_not_fetched():
    said = []

    await preparing.fetch(SimpleNamespace(models=Shelf(installed=True)), "x", said.append)

    assert said == []
