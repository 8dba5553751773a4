// The energy of a song and, where it drifts, its tempo: as curves on the time line of the waves.
import { openCanvas } from "soundforge/player/canvas.js";
import { wholeSeconds } from "soundforge/player/figures.js";

export class Curves {
  /**
   * @param {HTMLElement} desk Holds the lanes, hidden until there is something to show.
   * @param {Timeline} timeline
   * @param {View} view
   */
  constructor(desk, timeline, view) {
    Object.assign(this, { timeline, view });
    this.energy = desk.querySelector("[data-lane=energy]");
    this.tempo = desk.querySelector("[data-lane=tempo]");
  }

  draw() {
    // Until it is known what there is, the lanes keep the room that the server made for them.
    if (!this.timeline.isKnown) return;
    const { energy, tempi, markers } = this.timeline.found;
    this.energy.hidden = !energy.values.length;
    this.tempo.hidden = tempi.length < 2;
    if (!this.energy.hidden) this.drawEnergy(energy, markers);
    if (!this.tempo.hidden) this.drawTempo(tempi);
  }

  drawEnergy({ times_s: times, values }, markers) {
    const canvas = this.energy.querySelector("canvas");
    const drops = markers.filter((one) => one.kind === "drop").map((one) => wholeSeconds(one.time_s));
    const loudest = wholeSeconds(times[values.indexOf(Math.max(...values))]);
    canvas.setAttribute("aria-label", `Energy, loudest at ${loudest}${drops.length ? `; drops at ${drops.join(", ")}` : ""}`);
    drawCurve(canvas, times, values, this.view, [0, 1.05], true);
  }

  drawTempo(tempi) {
    const canvas = this.tempo.querySelector("canvas");
    const bpm = tempi.map((one) => one.bpm);
    const [low, high] = usual(bpm);
    const [first, last] = [bpm[0], bpm.at(-1)].map((one) => one.toFixed(1));
    this.tempo.querySelector("[data-high]").textContent = high.toFixed(1);
    this.tempo.querySelector("[data-low]").textContent = low.toFixed(1);
    canvas.setAttribute("aria-label", `Tempo between ${low.toFixed(1)} and ${high.toFixed(1)} BPM, from ${first} to ${last}`);
    const room = Math.max(0.5, (high - low) * 0.2);
    drawCurve(canvas, tempi.map((one) => one.at_s), bpm, this.view, [low - room, high + room], false);
  }
}

/** Lowest and highest but for the outermost tenth: one stumble of the beats is no drift. */
function usual(values) {
  const rising = [...values].sort((a, b) => a - b);
  const leftOut = Math.round(0.05 * (values.length - 1));
  return [rising[leftOut], rising[rising.length - 1 - leftOut]];
}

function drawCurve(canvas, times, values, view, [low, high], isFilled) {
  const { pen, width, height, style } = openCanvas(canvas);
  if (!pen) return;
  const x = (at) => view.fraction(at) * width;
  const y = (value) => height - ((value - low) / (high - low)) * height;
  pen.beginPath();
  times.forEach((at, i) => pen.lineTo(x(at), y(values[i])));
  pen.strokeStyle = style.color;
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  pen.stroke();
  if (!isFilled) return;
  pen.lineTo(x(times.at(-1)), height);
  pen.lineTo(x(times[0]), height);
  pen.closePath();
  pen.globalAlpha = 0.16;
  pen.fillStyle = style.color;
  pen.fill();
}
