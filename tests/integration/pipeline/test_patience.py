"""A database that is away for a moment costs no run."""

import dataclasses

import pytest

from soundforge import errors
from soundforge.pipeline import reuse, transcribe, warp
from tests.plugins.pipeline import add_job, read_job


class Away:
    """A database that does not answer the first time it is asked."""

    def __init__(self, database):
        self._database, self._is_away = database, True

    def transaction(self):
        if self._is_away:
            self._is_away = False
            raise errors.Unavailable("database_unavailable", "It does not answer.", "Wait.")
        return self._database.transaction()


@pytest.fixture
def away(tools):
    return dataclasses.replace(tools, database=Away(tools.database))


@pytest.mark.parametrize("stage", [transcribe, warp])
async def test_work_waits_for_the_rows_that_it_needs(tools, away, owner_id, stage):
    job = await read_job(tools, (await add_job(tools, owner_id)).id)

    with pytest.raises(errors.Conflict) as refusal:  # it got as far as looking for stems
        await stage.work(away, job, job.track, None)

    assert refusal.value.code == "no_stems"


async def test_what_was_made_before_is_looked_for_until_the_database_answers(away, tmp_path):
    assert await reuse.take(away, "no such key", tmp_path) is None
