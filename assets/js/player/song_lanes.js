// Parts, keys, cue points and found loops on the time line of the waves: a button for each. Style
// sheets place them by their seconds and the view of the desk.
import { wholeSeconds } from "soundforge/player/figures.js";
import { spread } from "soundforge/player/flags.js";
import { lastStarted, nameOf } from "soundforge/player/timeline.js";

const RISES = { drop: "◆", energy_rise: "▲", energy_drop: "▼", build_up: "◢" };
const SAYS = { drop: "Drop", energy_rise: "Energy rises", energy_drop: "Energy drops", build_up: "Build-up" };

export class SongLanes {
  /**
   * @param {HTMLElement} desk Holds the lanes, hidden until there is something to show.
   * @param {Timeline} timeline
   * @param {View} view
   */
  constructor(desk, timeline, view) {
    Object.assign(this, { timeline, view, cues: [] });
    this.lane = (name) => desk.querySelector(`[data-lane=${name}]`);
    this.current = new Map();
  }

  /** Take over what the timeline holds now. */
  draw() {
    const { sections, keys, cue_points: cues, loops, markers } = this.timeline.found;
    const shades = [...new Set(sections.map((one) => one.label))];
    this.parts = this.fill("parts", sections.map((one) => {
      const block = button("sec", "part", one.start_s, one.end_s, nameOf(one), wholeSeconds(one.start_s));
      block.dataset.shade = shades.indexOf(one.label) % 5;
      return block;
    }));
    this.keys = this.fill("keys", keys.length < 2 ? [] : keys.map((one, index) => {
      const block = button("keyed", "cue", one.start_s, one.end_s, `${one.name} ${one.camelot}`, wholeSeconds(one.start_s));
      block.dataset.shade = index % 2;
      return block;
    }));
    this.cues = this.fill("cues", cues.map((one, index) => {
      const flag = button("flag", "cue", one.time_s, one.time_s, String(index + 1));
      flag.dataset.kind = one.kind;
      flag.title = `${one.label}, ${wholeSeconds(one.time_s)}`;
      flag.setAttribute("aria-label", `Cue ${index + 1}: ${flag.title}`);
      return flag;
    }));
    this.loops = this.fill("loops", loops.map((one) => {
      const length = lengthOf(one);
      const [count, unit] = length.split(" ");
      const block = button("found", "found", one.start_s, one.end_s, count);
      block.firstChild.append(Object.assign(document.createElement("small"), { textContent: ` ${unit}` }));
      block.title = `Loop ${length} from ${wholeSeconds(one.start_s)}`;
      block.setAttribute("aria-label", block.title);
      block.setAttribute("aria-pressed", "false");
      return block;
    }));
    this.lane("energy").querySelector("[data-marks]").replaceChildren(
      ...markers.filter((one) => one.kind in RISES).map(mark),
    );
    this.current.clear();
    this.fit();
  }

  /** After another zoom, or width, the flags have other room. */
  fit() {
    const pxPerS = this.lane("cues").querySelector(".bd").clientWidth / this.view.span;
    if (pxPerS > 0) spread(this.cues, pxPerS, this.view.durationS);
  }

  /** Mark what there is at `position`. */
  show(position) {
    const { found } = this.timeline;
    this.mark("parts", this.parts, lastStarted(found.sections, position));
    this.mark("keys", this.keys, lastStarted(found.keys, position));
    this.mark("cues", this.cues, found.cue_points.findLastIndex((one) => one.time_s <= position + 1e-3));
  }

  fill(name, blocks) {
    const lane = this.lane(name);
    lane.hidden = !blocks.length;
    lane.querySelector(".bd").replaceChildren(...blocks);
    return blocks;
  }

  mark(name, blocks, current) {
    if (!blocks || this.current.get(name) === current) return;
    this.current.set(name, current);
    blocks.forEach((block, index) => {
      if (index === current) block.setAttribute("aria-current", "true");
      else block.removeAttribute("aria-current");
    });
  }
}

/** `4 bars`, or `8 beats` where no bars are known. */
function lengthOf({ bars, beats }) {
  if (!bars) return `${beats} beats`;
  return bars === 1 ? "1 bar" : `${bars} bars`;
}

function button(className, act, at, until, text, when) {
  const block = document.createElement("button");
  block.type = "button";
  block.className = className;
  Object.assign(block.dataset, { act, startS: at, endS: until });
  place(block, at, until);
  const name = document.createElement("span");
  name.textContent = text;
  block.append(name);
  if (when) {
    block.title = `${text}, ${when}`;
    block.setAttribute("aria-label", block.title);
  }
  return block;
}

function mark(one) {
  const sign = document.createElement("i");
  sign.className = "sign";
  sign.textContent = RISES[one.kind];
  sign.title = `${SAYS[one.kind]}, ${wholeSeconds(one.time_s)}`;
  place(sign, one.time_s, one.time_s);
  return sign;
}

/** Tell style sheets where something lies on the time line, in seconds. */
export function place(element, at, until) {
  element.style.setProperty("--at", at);
  element.style.setProperty("--until", until);
}
