// Mute, solo and faders of the desk: what they do to the engine, and what they say.
import { decibels, gainOf } from "soundforge/player/figures.js";

export class Mixer {
  /**
   * @param {HTMLElement} desk
   * @param {HTMLElement[]} lanes One for each channel of the engine.
   * @param {StemEngine} engine
   */
  constructor(desk, lanes, engine) {
    Object.assign(this, { lanes, engine });
    this.main = desk.querySelector("[data-ctl=main]");
  }

  press(button, isOn) {
    const index = this.lanes.indexOf(button.closest("[data-stem-id]"));
    if (button.dataset.act === "mute") this.engine.setMute(index, isOn);
    else this.engine.setSolo(index, isOn);
    button.setAttribute("aria-pressed", String(isOn));
    this.showAudible();
  }

  slide(control) {
    const value = Number(control.value);
    showFader(control);
    if (control === this.main) this.engine.setMainLevel(gainOf(value));
    else this.engine.setLevel(this.lanes.indexOf(control.closest("[data-stem-id]")), gainOf(value));
    control.setAttribute("aria-valuetext", decibels(value));
    const output = control.parentElement.querySelector("output");
    if (output) output.textContent = decibels(value);
  }

  showAudible() {
    this.engine.channels.forEach((channel, index) => {
      this.lanes[index].toggleAttribute("data-silent", !this.engine.isAudible(channel));
    });
  }

  /** How everything stands, for a desk with other stems of the same song. */
  get settings() {
    const ofStems = this.lanes.map((lane) => [lane.dataset.stem, {
      mute: isPressed(lane.querySelector("[data-act=mute]")),
      solo: isPressed(lane.querySelector("[data-act=solo]")),
      level: lane.querySelector("[data-ctl=level]").value,
    }]);
    return { main: this.main.value, stems: Object.fromEntries(ofStems) };
  }

  set settings({ main, stems }) {
    set(this.main, main, (control) => this.slide(control));
    for (const lane of this.lanes) {
      const was = stems[lane.dataset.stem];
      if (!was) continue;
      set(lane.querySelector("[data-ctl=level]"), was.level, (control) => this.slide(control));
      for (const act of ["mute", "solo"]) if (was[act]) this.press(lane.querySelector(`[data-act=${act}]`), true);
    }
  }
}

export function showFader(control) {
  const share = (Number(control.value) - control.min) / (control.max - control.min);
  control.style.setProperty("--p", `${share * 100}%`);
}

function isPressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

function set(control, value, slide) {
  if (control.value === value) return;
  control.value = value;
  slide(control);
}
