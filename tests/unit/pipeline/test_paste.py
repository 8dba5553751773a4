import pytest

from soundforge import errors
from soundforge.pipeline import paste


def test_links_come_once_each_and_in_order():
    assert paste.split("b\r\n a\tb \x00c\n") == ("b", "a", "c")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "nothing_pasted"),
        (" \n\x00 ", "nothing_pasted"),
        (" ".join(map(str, range(101))), "too_many_links"),
        ("x" * 70_000, "too_many_links"),
    ],
)
def test_a_paste_without_links_or_with_too_many_is_refused(text, code):
    with pytest.raises(errors.Invalid) as refusal:
        paste.split(text)

    assert refusal.value.code == code
    assert refusal.value.next_step
