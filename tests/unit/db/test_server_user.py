"""Who may pass which folder."""

from __future__ import annotations

import os

import pytest

from soundforge import errors
from soundforge.db import server_user
from soundforge.db.server_user import ServerUser

MINE = ServerUser(os.geteuid(), os.getegid())
STRANGER = ServerUser(54_321, 54_321)


@pytest.mark.parametrize(
    ("mode", "mine", "stranger"),
    [(0o755, True, True), (0o711, True, True), (0o700, True, False), (0o066, False, False)],
)
def test_a_folder_is_passed_by_its_modes(tmp_path, mode, mine, stranger):
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.geteuid() and str(parent).count("/") > 1:
            parent.chmod(0o755)
    folder = tmp_path / "folder"
    folder.mkdir()
    folder.chmod(mode)

    assert (MINE.can_pass(folder), STRANGER.can_pass(folder)) == (mine, stranger)
    folder.chmod(0o755)


def test_one_closed_parent_is_enough(tmp_path):
    closed = tmp_path / "closed"
    (closed / "open").mkdir(parents=True)
    closed.chmod(0o700)

    assert not STRANGER.can_pass(closed / "open")


def test_root_is_never_the_server_user(tmp_path):
    found = server_user.find(tmp_path / "none")

    assert found.uid != 0
    assert found.is_other == (os.geteuid() == 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a folder away")
def test_the_owner_of_an_existing_cluster_stays_its_user(tmp_path):
    os.chown(tmp_path, STRANGER.uid, STRANGER.gid)

    assert server_user.find(tmp_path) == STRANGER


@pytest.mark.skipif(os.geteuid() == 0, reason="root may use any cluster")
def test_somebody_elses_cluster_is_refused():
    from pathlib import Path

    with pytest.raises(errors.Conflict) as caught:
        server_user.find(Path("/"))

    assert caught.value.code == "data_folder_not_ours"
