// What can be asked of the desk, by button, key, fader or gesture, and what it does then.
import { doingOf } from "soundforge/player/keys.js";
import { showFader } from "soundforge/player/mixer.js";

export class Commands {
  /** @param {object} desk The hook, with its parts: `engine`, `view`, `timeline`, `loops` … */
  constructor(desk) {
    const { el, engine, view, timeline, transport, mixer, loops, ruler } = desk;
    Object.assign(this, { desk, el, engine, view, timeline, transport, mixer, loops, ruler });
  }

  // -- how it is asked ---------------------------------------------------------------------

  onClick(event) {
    const button = event.target.closest("[data-act]");
    if (button && (this.el.contains(button) || button.closest("[data-landmarks]"))) this.act(button);
    const chord = event.target.closest(".chord");
    if (chord && this.el.contains(chord)) this.goTo(Number(chord.dataset.startS));
  }

  act(button) {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    const [start, end] = [Number(button.dataset.startS), Number(button.dataset.endS)];
    const doings = {
      play: () => this.toggle(),
      start: () => this.goTo(0),
      part: () => this.goToPart(start),
      cue: () => this.goToCue(start),
      found: () => this.repeat(isOn ? this.timeline.region(start, end) : null),
      loop: () => this.toggleLoop(),
      "loop-from": () => this.beginLoop(),
      "loop-until": () => this.endLoop(),
      zoom: () => this.zoom(Number(button.value)),
      unit: () => this.ruler.use(button.value),
      labels: () => this.name({ labels: button.value }),
      shift: () => this.name({ transpose: (this.timeline.transpose + Number(button.value)) % 12 }),
      mute: () => this.mix(button, isOn),
      solo: () => this.mix(button, isOn),
    };
    doings[button.dataset.act]?.();
  }

  onKey(event) {
    const [doing, argument] = doingOf(event) ?? [];
    if (!doing) return;
    this[doing](argument);
    event.preventDefault();
  }

  onChordKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    this.goTo(this.timeline.chordBeside(this.engine.position, step));
    event.preventDefault();
    event.stopPropagation();
  }

  onInput({ target: control }) {
    if (control.dataset.ctl) return this.mixer.slide(control);
    if (control !== this.transport.seek) return undefined;
    showFader(control);
    return this.goTo(Number(control.value));
  }

  // -- what is done ------------------------------------------------------------------------

  toggle() {
    if (this.engine.isRunning) this.engine.pause();
    else this.engine.play();
  }

  mix(button, isOn) {
    this.mixer.press(button, isOn);
    this.desk.redraw();
  }

  /** Other names for the chords: simple or full, higher or lower. */
  name(choice) {
    Object.assign(this.timeline, choice);
    return this.desk.loadSong();
  }

  goTo(position) {
    const target = Math.min(Math.max(0, position), this.engine.durationS);
    this.view.goTo(target);
    return this.engine.seek(target);
  }

  step(seconds) {
    return this.goTo(this.engine.position + seconds);
  }

  /** Jump to a part; what is repeated moves along. */
  goToPart(position) {
    if (this.loops.region) this.loops.set(this.timeline.loopAt(position));
    return this.goTo(position);
  }

  /** Jump to a cue point; a loop that it is not in has done its work. */
  goToCue(position) {
    if (this.loops.region && !this.loops.holds(position)) this.loops.set(null);
    return this.goTo(position);
  }

  goToNumber(index) {
    const cue = this.timeline.found.cue_points[index];
    if (cue) this.goToCue(cue.time_s);
  }

  goBeside(step) {
    const cue = this.timeline.cueBeside(this.engine.position, step);
    if (cue !== undefined) this.goToCue(cue);
  }

  toggleLoop() {
    this.loops.toggle();
  }

  beginLoop() {
    this.loops.begin();
  }

  endLoop() {
    this.loops.end();
  }

  repeat(region) {
    this.loops.set(region);
    if (region && !this.loops.holds(this.engine.position)) this.goTo(region.start);
  }

  zoom(factor) {
    const { view, engine } = this;
    view.zoom(factor, view.holds(engine.position) ? engine.position : view.from + view.span / 2);
  }
}
