// The stretch of a song that the lanes show: from where, and how much of it. Fires "change".
//
// Lanes hold their seconds (`--at`, `--until`) and the desk the view (`--from`, `--span`), so style
// sheets place everything; only canvases are drawn anew.
const LEAD = 0.08; // the playhead stands so far into a stretch that was turned to it
const TURN = 0.94; // and so far at most before the next one is turned to

export class View extends EventTarget {
  constructor(durationS) {
    super();
    this.durationS = durationS;
    this.leastS = Math.min(4, durationS);
    this.from = 0;
    this.span = durationS;
    // Who looks elsewhere on purpose is not taken away from there.
    this.isLoose = false;
  }

  get until() {
    return this.from + this.span;
  }

  get isWhole() {
    return this.span >= this.durationS - 1e-6;
  }

  /** Where a moment lies, 0 to 1 of the lanes' width. */
  fraction(seconds) {
    return (seconds - this.from) / this.span;
  }

  holds(seconds) {
    return seconds >= this.from && seconds <= this.until;
  }

  /** Show `span` seconds from `from` on, as far as the song has them. */
  show(from, span = this.span) {
    const wide = Math.min(this.durationS, Math.max(Math.min(this.leastS, this.durationS), span));
    const first = Math.max(0, Math.min(from, this.durationS - wide));
    if (first === this.from && wide === this.span) return;
    [this.from, this.span] = [first, wide];
    this.dispatchEvent(new Event("change"));
  }

  /** See `factor` times as much; what is at `anchor` (seconds) stays where it is. */
  zoom(factor, anchor) {
    const span = Math.min(this.durationS, Math.max(this.leastS, this.span * factor));
    this.show(anchor - this.fraction(anchor) * span, span);
  }

  /** The song grew longer, or the lanes wider: more can be seen, or less. */
  fit({ durationS = this.durationS, leastS = this.leastS }) {
    const wasWhole = this.isWhole;
    [this.durationS, this.leastS] = [durationS, Math.min(leastS, durationS)];
    this.show(wasWhole ? 0 : this.from, wasWhole ? durationS : this.span);
  }

  /** Look at what is `seconds` further on. */
  pan(seconds, head) {
    this.show(this.from + seconds);
    this.isLoose = !this.holds(head);
  }

  /** Turn to where the playhead is, unless somebody looks elsewhere. */
  follow(head) {
    if (this.isLoose) this.isLoose = !this.holds(head);
    if (this.isLoose) return;
    if (head < this.from || head > this.from + this.span * TURN) this.show(head - this.span * LEAD);
  }

  /** Turn to where the playhead was put. */
  goTo(head) {
    this.isLoose = false;
    if (!this.holds(head)) this.show(head - this.span * LEAD);
  }
}
