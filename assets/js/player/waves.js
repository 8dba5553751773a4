// The waves of all stems: gets their peaks as far as they are made, and draws what the view shows.
import { drawWave, fetchPeaks } from "soundforge/player/waveform.js";

const REST_MS = 1000;

export class Waves {
  /**
   * @param {HTMLElement[]} lanes One for each stem, with a canvas.
   * @param {View} view
   * @param {Timeline} timeline
   */
  constructor(lanes, view, timeline) {
    Object.assign(this, { lanes, view, timeline });
    this.peaks = new Map();
  }

  /** Get all peaks; `arrived` is called for each stem. A call while one is at work asks for one more. */
  async fetch(durationS, arrived) {
    this.isStale = Boolean(this.fetching);
    if (this.fetching) return;
    this.fetching = Promise.allSettled(
      this.lanes.map(async (lane) => {
        this.peaks.set(lane, await fetchPeaks(lane.dataset.peaksUrl, durationS));
        arrived();
      }),
    );
    await this.fetching;
    // While stems are made there is more several times a second; sound goes before its picture.
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    this.fetching = null;
    if (this.isStale) this.fetch(this.view.durationS, arrived);
  }

  /** Draw what is there; return the peaks of each stem with its colour. */
  draw() {
    return this.lanes
      .filter((lane) => this.peaks.has(lane))
      .map((lane) => {
        const [canvas, peaks] = [lane.querySelector("canvas"), this.peaks.get(lane)];
        drawWave(canvas, peaks, this.view, this.timeline.found);
        return { peaks, colour: getComputedStyle(canvas).color };
      });
  }
}
