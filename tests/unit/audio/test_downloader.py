"""What the downloader asks of the program, and what it makes of the program's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundforge.audio import download_errors, spotdl_command

ID = "4iV5W9uYEdYUVa79Axb7Rh"
URL = f"https://open.spotify.com/track/{ID}"

# What spotdl 4.6.0 prints on a computer without a network, in the lines that matter.
OFFLINE = [
    "gaierror: [Errno -2] Name or service not known",
    "ConnectionError: HTTPSConnectionPool(host='music.youtube.com', port=443): Max retries exceeded",
]
YT_DLP = "ERROR AudioProviderError: YT-DLP download error - https://music.youtube.com/watch?v=x"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ID,
        f"{URL}\n",
        f" {URL}",
        f"{URL}?si=1",
        f"{URL}/",
        f"{URL}x",
        f"--config {URL}",
        f"https://youtu.be/x|{URL}",
        f"http://open.spotify.com/track/{ID}",
        f"https://open.spotify.com/album/{ID}",
        f"https://open.spotify.com.evil.example/track/{ID}",
        "https://spotify.link/abc",
        "songs.spotdl",
        "file:///etc/passwd",
        "saved",
    ],
)
def test_nothing_but_a_canonical_track_link_reaches_the_program(text: str):
    with pytest.raises(ValueError, match="canonical"):
        spotdl_command.command(Path("/spotdl"), text, audio_format="opus")


def test_the_link_stands_where_no_option_can_swallow_it():
    words = spotdl_command.command(Path("/spotdl"), URL, audio_format="opus")

    assert words[:3] == ["/spotdl", "download", URL]
    assert "{output-ext}" in words[words.index("--output") + 1]
    assert any("--ignore-config" in word for word in words)
    assert not any("exec" in word for word in words)


def test_a_release_that_lost_a_flag_is_found_out():
    used = " ".join(spotdl_command.command(Path("/spotdl"), URL, audio_format="opus"))

    assert spotdl_command.unknown_flags(f"usage: spotdl [-h] {used}") == []
    assert spotdl_command.unknown_flags(used.replace("--simple-tui", "")) == ["--simple-tui"]


@pytest.mark.parametrize(
    ("lines", "exit_status", "code", "is_retryable"),
    [
        (["ERROR LookupError: No results found for song: A - B"], 0, "download_no_match", False),
        (["SongError: Track no longer exists: https://…"], 1, "download_no_match", False),
        ([YT_DLP], 0, "download_failed", True),
        ([], 0, "download_failed", True),
        (["\ufffd\ufffd"], 1, "download_failed", True),
        (["ERROR FFmpegError: Failed to convert A - B"], 0, "download_failed", True),
        (["FFmpegError: FFmpeg is not installed. Please run …"], 1, "ffmpeg_missing", False),
        (
            ["DEBUG ERROR: [youtube] x: Sign in to confirm you’re not a bot.", YT_DLP],  # noqa: RUF001
            0,
            "download_blocked",
            True,
        ),
        (["DEBUG ERROR: HTTP Error 403: Forbidden", YT_DLP], 0, "download_blocked", True),
        (["WARNING You might be blocked by YouTube Music.", YT_DLP], 0, "download_blocked", True),
        (["HTTP Error 429: Too Many Requests", YT_DLP], 0, "download_rate_limited", True),
        (OFFLINE, 1, "download_unreachable", True),
        (["RequestError: Failed to complete request."], 1, "download_unreachable", True),
        (["OSError: [Errno 28] No space left on device"], 1, "disk_full", False),
        (["OSError: [Errno 27] File too large"], 1, "download_too_large", False),
        (["spotdl: error: unrecognized arguments: --x"], 2, "spotdl_missing", False),
        (["/x/spotdl cannot be started: Exec format error"], 127, "spotdl_missing", False),
    ],
)
def test_a_failure_is_named_by_its_most_telling_line(
    lines: list[str], exit_status: int, code: str, is_retryable: bool
):
    error = download_errors.classify(lines, exit_status)

    assert (error.code, error.is_retryable) == (code, is_retryable)
    assert error.message
    assert error.next_step


@pytest.mark.parametrize("name", ["Error 403", "Rate Limit", "Not A Bot", "Too Many Requests"])
def test_the_name_of_a_song_is_never_taken_for_a_failure(name: str):
    lines = [
        f"[02:47:06] INFO     INFO {name} - {name}: Searching for song   progress_handler.py:1",
        f"[02:47:06] DEBUG    DEBUG Downloading {name} using https://music.youtube.com/x",
        f"│ {name}",
    ]

    assert [download_errors.announced_wait(line) for line in lines] == [None] * 3
    assert download_errors.classify([*lines, YT_DLP], 0).code == "download_failed"
    no_match = f"ERROR LookupError: No results found for song: {name}"
    assert download_errors.classify([*lines, no_match], 0).code == "download_no_match"


def test_an_announced_wait_is_recognised_with_its_length():
    line = "Your application has reached a rate/request limit. Retry will occur after: 86400 s"

    limited = download_errors.announced_wait(line)

    assert limited is not None
    assert (limited.code, limited.retry_after_s) == ("download_rate_limited", 86_400)
