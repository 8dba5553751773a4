// The whole song at a glance, above the desk: all stems one on the other, and what of it the lanes
// show. A press goes there, a drag moves what is shown.
import { openCanvas } from "soundforge/player/canvas.js";

const BAR_PX = 3;
const MOVED_PX = 3;

export class Overview {
  /**
   * @param {HTMLElement} box Holds a canvas, the window and the playhead.
   * @param {View} view
   * @param {object} does `seek(s)` and `head()`.
   * @param {AbortSignal} signal Ends it all.
   */
  constructor(box, view, does, signal) {
    Object.assign(this, { box, view, does });
    const on = (name, handler) => box.addEventListener(name, handler.bind(this), { signal });
    on("pointerdown", this.onDown);
    on("pointermove", this.onMove);
    on("pointerup", this.onUp);
    on("pointercancel", () => (this.drag = null));
    view.addEventListener("change", () => this.showView(), { signal });
    this.showView();
  }

  /** Draw `stems`: each with its `peaks` and its `colour`. */
  draw(stems) {
    const { pen, width, height } = openCanvas(this.box.querySelector("canvas"));
    if (!pen || !stems.length) return;
    const count = Math.floor(width / BAR_PX);
    const heights = stems.map(({ peaks }) => bars(peaks, count));
    const totals = Array.from({ length: count }, (_, i) => heights.reduce((sum, of) => sum + of[i], 0));
    const scale = (height - 2) / Math.max(1e-6, ...totals);
    const floors = new Float32Array(count);
    stems.forEach(({ colour }, stem) => {
      pen.fillStyle = colour;
      for (let i = 0; i < count; i += 1) {
        const tall = heights[stem][i] * scale;
        pen.fillRect(i * BAR_PX, height - floors[i] - tall, BAR_PX - 1, tall);
        floors[i] += tall;
      }
    });
  }

  showView() {
    const { from, span, durationS, isWhole } = this.view;
    this.box.style.setProperty("--x", `${(100 * from) / durationS}%`);
    this.box.style.setProperty("--w", `${(100 * span) / durationS}%`);
    this.box.toggleAttribute("data-whole", isWhole);
  }

  showHead(position) {
    this.box.style.setProperty("--head-at", `${(100 * position) / this.view.durationS}%`);
  }

  secondsAt(event) {
    const { left, width } = this.box.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width)) * this.view.durationS;
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.box.setPointerCapture(event.pointerId);
    const at = this.secondsAt(event);
    const { from, span } = this.view;
    this.drag = { x: event.clientX, isMoved: false, grip: this.view.holds(at) ? at - from : span / 2 };
  }

  onMove(event) {
    if (!this.drag || (!this.drag.isMoved && Math.abs(event.clientX - this.drag.x) < MOVED_PX)) return;
    this.drag.isMoved = true;
    this.view.pan(this.secondsAt(event) - this.drag.grip - this.view.from, this.does.head());
  }

  onUp(event) {
    if (this.drag && !this.drag.isMoved) this.does.seek(this.secondsAt(event));
    this.drag = null;
  }
}

/** The mean of the peaks of each of `count` equal stretches. */
function bars(peaks, count) {
  const heights = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    const first = Math.floor((i * peaks.length) / count);
    const last = Math.max(first + 1, Math.floor(((i + 1) * peaks.length) / count));
    let sum = 0;
    for (let at = first; at < last; at += 1) sum += peaks[at];
    heights[i] = sum / (last - first);
  }
  return heights;
}
