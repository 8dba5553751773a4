// The numbers above the lanes: bars where they are known and wanted, else minutes and seconds.
import { clock, wholeSeconds } from "soundforge/player/figures.js";
import { stepOf } from "soundforge/player/waveform.js";

const STEPS_S = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600];
const TIME_PX = 64;
const BAR_PX = 44;

export class Ruler {
  constructor(desk, timeline, view) {
    Object.assign(this, { timeline, view });
    this.row = desk.querySelector("[data-ruler]");
    this.unit = "time";
  }

  use(unit) {
    this.unit = unit;
    this.draw();
  }

  draw() {
    const hasBars = this.timeline.found.downbeats_s.length > 1;
    for (const button of this.row.querySelectorAll("[data-act=unit]")) {
      button.disabled = button.value === "bars" && !hasBars;
      button.setAttribute("aria-pressed", String(button.value === (hasBars ? this.unit : "time")));
    }
    const body = this.row.querySelector(".bd");
    const pxPerS = body.clientWidth / this.view.span;
    if (!pxPerS) return;
    body.replaceChildren(...(hasBars && this.unit === "bars" ? this.bars(pxPerS) : this.times(pxPerS)).map(label));
  }

  times(pxPerS) {
    const step = STEPS_S.find((one) => one * pxPerS >= TIME_PX) ?? 1200;
    const marks = [];
    for (let at = Math.ceil(this.view.from / step) * step; at < this.view.until; at += step) {
      marks.push([at, step < 1 ? clock(at) : wholeSeconds(at)]);
    }
    return marks;
  }

  bars(pxPerS) {
    const bars = this.timeline.found.downbeats_s;
    const step = stepOf(((bars.at(-1) - bars[0]) / (bars.length - 1)) * pxPerS, BAR_PX);
    return bars
      .map((at, index) => [at, String(index + 1)])
      .filter(([at], index) => index % step === 0 && this.view.holds(at));
  }
}

function label([at, text]) {
  const mark = document.createElement("span");
  mark.className = "t";
  mark.style.setProperty("--at", at);
  mark.textContent = text;
  return mark;
}
