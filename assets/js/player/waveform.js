// Draws one stem from its peaks: one byte per 10 ms, 255 = full scale. The loudest peak of a
// column is the veil, the mean of its peaks the solid core.
import { openCanvas } from "soundforge/player/canvas.js";

const PEAKS_PER_S = 100;
const LEAST_GAP_PX = 14;

/** `durationS` makes room for what is not there yet. */
export async function fetchPeaks(url, durationS) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`peaks: HTTP ${answer.status}`);
  const made = new Uint8Array(await answer.arrayBuffer());
  const peaks = new Uint8Array(Math.max(made.length, Math.round(durationS * PEAKS_PER_S)));
  peaks.set(made);
  return peaks;
}

/** Draw what `view` shows, before the beats and bars of `found`. */
export function drawWave(canvas, peaks, view, found) {
  const { pen, width, height, style } = openCanvas(canvas);
  if (!pen || !peaks.length) return;
  drawGrid(pen, { width, height }, view, found, style.outlineColor);
  pen.fillStyle = style.color;
  const { veil, core } = columns(peaks, width, view, (height / 2) * 0.94);
  pen.globalAlpha = 0.5;
  fillShape(pen, veil, height / 2);
  pen.globalAlpha = 1;
  fillShape(pen, core, height / 2);
}

/** Bars, and beats where they have room; far away only every fourth, eighth … bar. */
function drawGrid(pen, { width, height }, view, { beats_s: beats, downbeats_s: bars }, colour) {
  const pxPerS = width / view.span;
  const gap = (times) => ((times.at(-1) - times[0]) / (times.length - 1)) * pxPerS;
  const line = (seconds, alpha) => {
    if (!view.holds(seconds)) return;
    pen.globalAlpha = alpha;
    pen.fillRect(Math.round((seconds - view.from) * pxPerS), 0, 1, height);
  };
  pen.fillStyle = colour;
  if (beats.length > 1 && gap(beats) >= LEAST_GAP_PX) for (const at of beats) line(at, 0.45);
  if (bars.length > 1) {
    const step = stepOf(gap(bars), LEAST_GAP_PX);
    for (let i = 0; i < bars.length; i += step) line(bars[i], 1);
  }
}

/** Every how many bars there is room for one: 1, 4, 8, 16 … */
export function stepOf(gapPx, leastPx) {
  let step = 1;
  while (gapPx * step < leastPx) step *= step < 4 ? 4 : 2;
  return step;
}

function columns(peaks, width, view, halfHeight) {
  const veil = new Float32Array(width);
  const core = new Float32Array(width);
  const perPx = (view.span * PEAKS_PER_S) / width;
  const begins = view.from * PEAKS_PER_S;
  for (let x = 0; x < width; x += 1) {
    const first = begins + x * perPx;
    const [highest, mean] = perPx < 1 ? between(peaks, first) : over(peaks, first, first + perPx);
    veil[x] = Math.max(0.6, (highest / 255) * halfHeight);
    core[x] = (mean / 255) * halfHeight * 0.75;
  }
  return { veil, core };
}

/** Loudest and mean of the peaks from `first` to `end`. */
function over(peaks, first, end) {
  const from = Math.min(peaks.length - 1, Math.floor(first));
  const until = Math.max(from + 1, Math.min(peaks.length, Math.floor(end)));
  let highest = 0;
  let sum = 0;
  for (let i = from; i < until; i += 1) {
    highest = Math.max(highest, peaks[i]);
    sum += peaks[i];
  }
  return [highest, sum / (until - from)];
}

/** Closer than the peaks are: a line from one to the next. */
function between(peaks, at) {
  const left = Math.min(peaks.length - 1, Math.floor(at));
  const right = Math.min(peaks.length - 1, left + 1);
  const value = peaks[left] + (peaks[right] - peaks[left]) * (at - left);
  return [value, value];
}

function fillShape(pen, heights, middle) {
  pen.beginPath();
  heights.forEach((h, x) => pen.lineTo(x, middle - h));
  for (let x = heights.length - 1; x >= 0; x -= 1) pen.lineTo(x, middle + heights[x]);
  pen.closePath();
  pen.fill();
}
