"""How the runtime answers, seen from outside: a process is started as a person would."""

import io
import json
import subprocess
import sys

import pytest

from soundforge.engines import protocol, runtime

REQUEST = '{"type":"request","job":"1","params":%s}\n'


def echo(stdin: str) -> tuple[list[dict], str]:
    """Return the messages that the echo engine answers by hand, and its log."""
    done = subprocess.run(
        [sys.executable, "-m", "soundforge.engines._echo"],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_an_engine_runs_by_hand_and_answers_in_order():
    messages, _ = echo(REQUEST % '{"path": "/a.wav"}')

    assert [message["type"] for message in messages] == ["progress", "result"]
    assert messages[-1]["value"] == {"path": "/a.wav"}


def test_each_request_is_answered_in_turn_by_the_same_process():
    messages, _ = echo("".join(REQUEST % f'{{"number": {number}}}' for number in range(3)))

    assert [m["type"] for m in messages] == ["progress", "result"] * 3
    assert [m["value"]["number"] for m in messages[1::2]] == [0, 1, 2]


def test_after_a_failure_no_other_request_is_taken():
    messages, _ = echo(REQUEST % '{"do": "refuse"}' + REQUEST % "{}")

    assert [message["type"] for message in messages] == ["progress", "error"]


def test_who_goes_on_after_the_answer_does_not_speak_into_the_next_request():
    file = io.BytesIO()
    answers = runtime.Answers(file)

    late = answers.open_report()
    answers.send(protocol.Result({}))
    late(0.9, "too late")
    answers.open_report()(0.1, "in time")
    late(0.9, "far too late")

    messages = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [m.get("message") for m in messages] == [None, "in time"]


def test_what_a_native_library_prints_goes_to_the_log():
    messages, log = echo(REQUEST % "{}")

    assert len(messages) == 2
    assert "a native library says hello" in log


@pytest.mark.parametrize(
    "stdin",
    ["", "\n", "hello\n", '{"type":"result","value":{}}\n', '{"type":"request","job":"1"}\n'],
)
def test_without_a_request_the_engine_says_so_and_does_not_work(stdin):
    messages, log = echo(stdin)

    assert [(m["type"], m["code"], m["retryable"]) for m in messages] == [
        ("error", "engine_protocol", False)
    ]
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("do", "code", "retryable"),
    [
        ("refuse", "no_audio", False),
        ("again", "busy", True),
        ("memory", "out_of_memory", True),
        ("fail", "engine_failed", True),
        ("not_finite", "engine_failed", True),
    ],
)
def test_each_way_to_fail_is_one_error(do, code, retryable):
    messages, _ = echo(REQUEST % json.dumps({"do": do}))

    errors = [message for message in messages if message["type"] != "progress"]
    assert [(m["type"], m["code"], m["retryable"]) for m in errors] == [("error", code, retryable)]


def test_a_bug_is_told_in_plain_words_and_logged_with_its_trace():
    messages, log = echo(REQUEST % '{"do": "fail"}')

    assert "ZeroDivisionError" not in messages[-1]["message"]
    assert "ZeroDivisionError: a bug in an engine" in log
