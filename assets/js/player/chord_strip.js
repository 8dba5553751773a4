// The chords of a song need more room than a whole song leaves them. From near they stand on the time
// line of the waves; from afar they run past a mark. Only those near it are in the document.
const CHORD_PX = 60;
const FASTEST_PX_PER_S = 110;
const SLOWEST_PX_PER_S = 26;
const MARK = 0.3;
const BEHIND = 8;
const AHEAD = 24;
const SURE = 0.5;

export class ChordStrip {
  /**
   * @param {HTMLElement} desk Holds the lane, hidden until there is something to show.
   * @param {Timeline} timeline
   * @param {View} view
   */
  constructor(desk, timeline, view) {
    Object.assign(this, { timeline, view });
    this.lane = desk.querySelector("[data-chords]");
    this.strip = desk.querySelector("[data-strip]");
    this.box = this.strip.parentElement;
    this.shift = desk.querySelector("[data-shift]");
    this.stepwise = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** Take over what the timeline holds now. */
  draw(position) {
    const { found, labels, transpose } = this.timeline;
    const named = found.chords.filter((one) => one.name);
    this.lane.hidden = !named.length;
    const lengths = named.map((one) => one.end_s - one.start_s).sort((a, b) => a - b);
    const short = lengths[Math.floor(lengths.length / 4)] ?? 1;
    this.readablePxPerS = Math.min(FASTEST_PX_PER_S, Math.max(SLOWEST_PX_PER_S, CHORD_PX / short));
    this.drawn = null;
    this.shift.textContent = `${transpose > 0 ? "+" : transpose < 0 ? "−" : ""}${Math.abs(transpose)}`;
    for (const button of this.lane.querySelectorAll("[data-act=labels]")) {
      button.setAttribute("aria-pressed", String(button.value === labels));
    }
    this.show(position);
  }

  /** Mark what sounds at `position`, and let the chords stand where the waves do, or run. */
  show(position) {
    if (this.lane.hidden || !this.readablePxPerS) return;
    const { view } = this;
    const wide = this.box.clientWidth;
    const isOnTime = wide / view.span >= this.readablePxPerS;
    const current = this.timeline.chordAt(position);
    const pxPerS = isOnTime ? wide / view.span : this.readablePxPerS;
    if (pxPerS !== this.pxPerS) [this.pxPerS, this.drawn] = [pxPerS, null];
    if (isOnTime) this.drawBetween(this.timeline.chordAt(view.from), this.timeline.chordAt(view.until));
    else if (!this.drawn || current < this.drawn.first + 2 || current > this.drawn.last - AHEAD / 2) {
      this.drawBetween(current - BEHIND, Math.max(0, current) + AHEAD);
    }
    this.mark(current);
    const { chords } = this.timeline.found;
    const at = this.stepwise.matches ? (chords[current]?.start_s ?? position) : position;
    const pixels = isOnTime ? -view.from * pxPerS : wide * MARK - at * pxPerS;
    this.strip.style.transform = `translateX(${pixels.toFixed(1)}px)`;
    this.box.style.setProperty("--mark", `${100 * (isOnTime ? view.fraction(position) : MARK)}%`);
  }

  drawBetween(from, until) {
    const { chords } = this.timeline.found;
    const first = Math.max(0, from);
    const last = Math.min(chords.length - 1, until);
    if (this.drawn?.first === first && this.drawn?.last === last) return;
    this.drawn = { first, last };
    const pieces = [];
    for (let i = first; i <= last; i += 1) if (chords[i].name) pieces.push(this.piece(chords[i], i));
    this.strip.replaceChildren(...pieces);
    this.marked = undefined;
  }

  piece(chord, index) {
    const piece = document.createElement("span");
    piece.id = `chord-${index}`;
    piece.className = chord.confidence < SURE ? "chord low" : "chord";
    piece.role = "option";
    piece.dataset.startS = chord.start_s;
    piece.style.left = `${chord.start_s * this.pxPerS}px`;
    piece.style.width = `${Math.max(4, (chord.end_s - chord.start_s) * this.pxPerS - 2)}px`;
    piece.textContent = chord.name;
    piece.setAttribute("aria-selected", "false");
    return piece;
  }

  mark(current) {
    if (this.marked === current) return;
    this.marked = current;
    for (const piece of this.strip.children) {
      const isNow = piece.id === `chord-${current}`;
      piece.classList.toggle("now", isNow);
      piece.setAttribute("aria-selected", String(isNow));
    }
    if (this.strip.querySelector(".now")) this.strip.setAttribute("aria-activedescendant", `chord-${current}`);
    else this.strip.removeAttribute("aria-activedescendant");
  }
}
