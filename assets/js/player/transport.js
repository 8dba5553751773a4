// The bar at the bottom and the playhead: where the song is, and what the player does.
import { clock, wholeSeconds } from "soundforge/player/figures.js";
import { place } from "soundforge/player/song_lanes.js";

const SAYS = {
  loading: "Loading…",
  buffering: "Waiting for the next seconds…",
  stalled: "No audio device is running. Check the sound output of this computer.",
};

export class Transport {
  constructor(desk, engine, view, timeline) {
    Object.assign(this, { engine, view, timeline });
    const named = (name) => desk.querySelector(`[data-${name}]`);
    [this.clock, this.bar, this.seek, this.head] = ["clock", "bar", "seek", "head"].map(named);
    [this.said, this.length, this.front] = ["said", "length", "front"].map(named);
    this.play = desk.querySelector("[data-act=play]");
  }

  showState(state) {
    const { isRunning, error } = this.engine;
    this.play.setAttribute("aria-pressed", String(isRunning));
    this.play.setAttribute("aria-label", isRunning ? "Pause" : "Play");
    this.said.textContent = state === "error" ? error.message : (SAYS[state] ?? "");
  }

  showPosition(position) {
    const { durationS } = this.engine;
    this.head.style.transform = `translateX(${this.view.fraction(position) * 100}%)`;
    const bar = this.timeline.barAt(position);
    if (this.bar.textContent !== bar) this.bar.textContent = bar;
    const text = clock(position);
    if (this.clock.textContent === text) return;
    this.clock.textContent = text;
    this.seek.value = position;
    this.seek.style.setProperty("--p", `${(position / durationS) * 100}%`);
    this.seek.setAttribute("aria-valuetext", `${text} of ${clock(durationS)}`);
  }

  /** How much there is to play while stems are still being made. */
  showReady() {
    const { readyS, durationS } = this.engine;
    const isWhole = readyS >= durationS;
    this.front.hidden = isWhole;
    place(this.front, readyS, durationS);
    this.front.firstElementChild.textContent = wholeSeconds(readyS);
    this.length.textContent = isWhole ? `of ${wholeSeconds(durationS)}` : `${wholeSeconds(readyS)} playable`;
    this.seek.max = durationS;
  }
}
