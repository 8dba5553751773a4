"""Pieces of HTML that pages share. Each is a template beside this file, called with values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from soundforge.live.escape import Safe
from soundforge.live.template import Template
from soundforge.web import assets, drawing, song_sheet, song_words, sound_words, stem_words, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from soundforge.live.diff import Rendered
    from soundforge.web.studio import StemView, TrackView

__all__ = ["Safe", "brand", "card", "cover_url", "icon", "lanes", "shell", "stem_icon", "template"]

STEM_ICONS: Final = frozenset({"vocals", "drums", "bass", "other", "guitar", "piano"})


def icon(name: str, *, small: bool = False) -> Safe:
    """Return one of the icons of ``assets/icons.svg``, for the eye only."""
    size = " s" if small else ""
    href = f"{assets.static_path('icons.svg')}#{name}"
    return Safe(f'<svg class="icon{size}" aria-hidden="true"><use href="{href}"></use></svg>')


def stem_icon(stem_type: str) -> Safe:
    """Return the icon of a stem; the one of the mix for a type without its own."""
    return icon(stem_type if stem_type in STEM_ICONS else "mix")


def cover_url(track: TrackView) -> str:
    """Return the address of a track's cover: its own, or one drawn from its title."""
    return track.art_url or f"/art/{drawing.seed_of(track.title, track.artist)}.svg"


_HELPERS: Final[dict[str, Any]] = {
    "Safe": Safe,
    "cover_url": cover_url,
    "drawing": drawing,
    "icon": icon,
    "song_words": song_words,
    "stem_words": stem_words,
    "sound_words": sound_words,
    "stem_icon": stem_icon,
    "words": words,
}


def template(module_file: str, name: str | None = None, **names: Any) -> Template:
    """Compile the HTML file beside a page, with the helpers and the shared pieces."""
    return Template.beside(module_file, name, **_HELPERS, **_pieces, **names)


def _piece(name: str) -> Template:
    return Template.beside(__file__, f"{name}.html", **_HELPERS, **_pieces)


_pieces: dict[str, Template] = {}
# In this order: the later ones use the earlier ones.
for _name in (
    "brand",
    "error_notice",
    "notice_list",
    "job_progress",
    "track_card",
    "batch_strip",
    "selection_bar",
    "upload_area",
    "spotify_input",
    "empty_library",
    "stem_lanes",
    "notes_form",
    "analyse_form",
    "export_panel",
    "separate_form",
    "model_offer",
    "practice_panel",
    "landmarks_panel",
    "shell",
):
    _pieces[_name] = _piece(_name)

shell: Final = _pieces["shell"]
brand: Final = _pieces["brand"]


def card(track: TrackView) -> Rendered:
    """Return a track's card, the inside of its list item."""
    text, kind, badge_icon = words.badge(track)
    return _pieces["track_card"](
        track=track, stage=words.current(track), text=text, kind=kind, badge_icon=badge_icon
    )


def lanes(
    track: TrackView,
    stems: Sequence[StemView],
    ready_s: float | None = None,
    *,
    timeline_url: str = "",
) -> Rendered:
    """Return the desk of stems that belong together.

    Args:
        track: Whose stems they are.
        stems: The stems of one separation, or of one version.
        ready_s: How much of them can be played; None for all.
        timeline_url: Where chords, parts and beats come from; empty where there are none.
    """
    loudness = dict(song_sheet.loudness(track.sound)).get("Loudness", "")
    return _pieces["stem_lanes"](
        stems=stems,
        ready_s=stems[0].duration_s if ready_s is None else ready_s,
        timeline_url=timeline_url,
        lanes=track.lanes,
        track_id=track.id,
        loudness=loudness,
    )


_HELPERS.update(card=card, lanes=lanes)
