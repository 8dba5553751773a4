// Draws one stem from its peaks: one byte per 10 ms, 255 = full scale. The loudest peak of a
// column is the veil, the mean of its peaks the solid core.
const PEAKS_PER_S = 100;
const LEAST_GAP_PX = 7;

/** `durationS` makes room for what is not there yet. */
export async function fetchPeaks(url, durationS) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`peaks: HTTP ${answer.status}`);
  const made = new Uint8Array(await answer.arrayBuffer());
  const peaks = new Uint8Array(Math.max(made.length, Math.round(durationS * PEAKS_PER_S)));
  peaks.set(made);
  return peaks;
}

/** `grid` holds the beats and downbeats (seconds) to draw behind the wave of `durationS`. */
export function drawWave(canvas, peaks, grid) {
  const scale = Math.min(2, window.devicePixelRatio || 1);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  if (!width || !height || !peaks.length) return;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const style = getComputedStyle(canvas);
  drawGrid(pen, { width, height }, grid, style.outlineColor);
  pen.fillStyle = style.color;
  const { veil, core } = columns(peaks, width, (height / 2) * 0.94);
  pen.globalAlpha = 0.5;
  fillShape(pen, veil, height / 2);
  pen.globalAlpha = 1;
  fillShape(pen, core, height / 2);
}

/** Bars, and beats where they have room; in a long song only every fourth, eighth … bar. */
function drawGrid(pen, { width, height }, { durationS, beats_s: beats, downbeats_s: bars }, colour) {
  const pxPerS = width / durationS;
  const gap = (times) => ((times.at(-1) - times[0]) / (times.length - 1)) * pxPerS;
  const line = (seconds, alpha) => {
    pen.globalAlpha = alpha;
    pen.fillRect(Math.round(seconds * pxPerS), 0, 1, height);
  };
  pen.fillStyle = colour;
  if (beats.length > 1 && gap(beats) >= LEAST_GAP_PX) for (const at of beats) line(at, 0.45);
  if (bars.length > 1) {
    let step = 1;
    while (gap(bars) * step < LEAST_GAP_PX) step *= step < 4 ? 4 : 2;
    for (let i = 0; i < bars.length; i += step) line(bars[i], 1);
  }
}

function columns(peaks, width, halfHeight) {
  const veil = new Float32Array(width);
  const core = new Float32Array(width);
  for (let x = 0; x < width; x += 1) {
    const first = Math.floor((x / width) * peaks.length);
    const last = Math.max(first + 1, Math.floor(((x + 1) / width) * peaks.length));
    let highest = 0;
    let sum = 0;
    for (let i = first; i < last; i += 1) {
      highest = Math.max(highest, peaks[i]);
      sum += peaks[i];
    }
    veil[x] = Math.max(0.6, (highest / 255) * halfHeight);
    core[x] = (sum / (last - first) / 255) * halfHeight * 0.75;
  }
  return { veil, core };
}

function fillShape(pen, heights, middle) {
  pen.beginPath();
  heights.forEach((h, x) => pen.lineTo(x, middle - h));
  for (let x = heights.length - 1; x >= 0; x -= 1) pen.lineTo(x, middle + heights[x]);
  pen.closePath();
  pen.fill();
}
