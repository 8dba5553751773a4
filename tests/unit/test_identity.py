import os
import stat
import subprocess
import sys

import pytest

from soundforge import errors
from soundforge.identity import Identity


def test_the_main_process_is_the_same_node_again_after_a_restart(tmp_path):
    first, second = Identity(tmp_path), Identity(tmp_path)
    with first.held(is_main=True):
        pass
    with second.held(is_main=True):
        pass

    assert first.node == second.node
    assert first.secret == second.secret
    assert len(first.secret) >= 32


def test_a_second_main_process_is_refused_with_what_to_do(tmp_path):
    with Identity(tmp_path).held(is_main=True):
        with pytest.raises(errors.Conflict) as refusal, Identity(tmp_path).held(is_main=True):
            pass

        assert refusal.value.code == "data_folder_in_use"
        assert "SFA_DATA_DIR" in refusal.value.next_step


def test_a_worker_beside_it_has_a_name_of_its_own_and_the_same_secret(tmp_path):
    main, worker, other = (Identity(tmp_path) for _ in range(3))
    with main.held(is_main=True), worker.held(is_main=False), other.held(is_main=False):
        assert len({main.node, worker.node, other.node}) == 3
        assert main.secret == worker.secret


def test_the_lock_goes_with_a_killed_process(tmp_path):
    hold = (
        "import os, pathlib, sys; from soundforge.identity import Identity\n"
        "with Identity(pathlib.Path(sys.argv[1])).held(is_main=True): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", hold, str(tmp_path)], check=False, timeout=30)

    with Identity(tmp_path).held(is_main=True):
        pass


def test_secrets_are_readable_by_this_user_only(tmp_path):
    old = os.umask(0)
    try:
        with (
            Identity(tmp_path).held(is_main=True),
            Identity(tmp_path).database_url("postgresql://"),
        ):
            modes = {
                name: stat.S_IMODE((tmp_path / name).stat().st_mode)
                for name in ("secret", "node", "database.url")
            }
    finally:
        os.umask(old)

    assert modes == {"secret": 0o600, "node": 0o600, "database.url": 0o600}


def test_an_empty_secret_of_a_crash_is_made_anew(tmp_path):
    (tmp_path / "secret").touch()

    identity = Identity(tmp_path)
    with identity.held(is_main=False):
        assert len(identity.secret) >= 32


def test_the_databases_address_is_told_only_while_there_is_one(tmp_path):
    identity = Identity(tmp_path)
    with identity.database_url("postgresql://here"):
        assert Identity(tmp_path).read_database_url() == "postgresql://here"

    with pytest.raises(errors.Conflict) as refusal:
        identity.read_database_url()
    assert refusal.value.code == "server_not_running"
