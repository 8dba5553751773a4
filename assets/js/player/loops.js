// What is repeated: a part, a loop that was found, or what somebody marked; as bands and as buttons.
import { place } from "soundforge/player/song_lanes.js";

const LEAST_S = 0.2;
const ALIKE_S = 0.02;

export class Loops {
  /**
   * @param {HTMLElement} desk
   * @param {StemEngine} engine
   * @param {Timeline} timeline
   * @param {() => number} pxPerS How far the lanes are zoomed.
   */
  constructor(desk, engine, timeline, pxPerS) {
    Object.assign(this, { engine, timeline, pxPerS });
    this.band = desk.querySelector("[data-looped]");
    this.button = desk.querySelector("[data-act=loop]");
    this.region = null;
  }

  /** Repeat `region`, with its name; null ends that. */
  set(region) {
    this.region = region;
    this.engine.setLoop(region);
    this.show(region);
    this.button.setAttribute("aria-pressed", String(Boolean(region)));
    this.button.querySelector("span").textContent = region ? `Loop ${region.name}` : "Loop";
    this.allow();
    for (const button of document.querySelectorAll("[data-act=found]")) {
      button.setAttribute("aria-pressed", String(this.is(button.dataset)));
    }
  }

  is({ startS, endS }) {
    const { region } = this;
    return Boolean(region) && Math.abs(startS - region.start) < ALIKE_S && Math.abs(endS - region.end) < ALIKE_S;
  }

  holds(position) {
    return Boolean(this.region) && position >= this.region.start && position < this.region.end;
  }

  /** The button is for something to repeat, or for what is. */
  allow() {
    this.button.disabled = !this.region && !this.timeline.loopAt(this.engine.position);
  }

  show(region) {
    this.band.hidden = !region;
    if (region) place(this.band, region.start, region.end);
  }

  toggle() {
    this.set(this.region ? null : this.timeline.loopAt(this.engine.position));
  }

  /** Begin at the playhead, end at the playhead: on the beat where there are beats. */
  begin() {
    this.from = this.timeline.onBeat(this.engine.position);
    if (this.region && this.region.end - this.from >= LEAST_S) this.mark(this.from, this.region.end);
  }

  end() {
    this.mark(this.from ?? this.region?.start ?? 0, this.timeline.onBeat(this.engine.position));
  }

  /** Show what would be repeated while it is being marked. */
  preview(from, until) {
    const { start, end } = this.snapped(from, until);
    this.show({ start, end });
  }

  /** Repeat what was marked, from beat to beat where beats are near; too short, or null, is a slip. */
  mark(from, until) {
    const { start, end } = from === null ? {} : this.snapped(from, until);
    if (end - start >= LEAST_S) this.set(this.timeline.region(start, end));
    else this.show(this.region);
  }

  snapped(from, until) {
    const [start, end] = [from, until].map((at) => this.timeline.snapped(at, this.pxPerS()));
    return { start, end };
  }
}
