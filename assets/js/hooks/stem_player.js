// The desk on a page: buttons, faders, waves and the playhead around one StemEngine.
//
// The element is phx-update="ignore": the server renders it once, tells it by data-… how much can be
// played, and is only told whether the transport runs. Its id names the separation: while that runs
// and when it has ended it is the same element, and what plays goes on playing.
import { StemEngine } from "soundforge/player/engine.js";
import { SongLanes } from "soundforge/player/song_lanes.js";
import { drawWave, fetchPeaks } from "soundforge/player/waveform.js";

const STEP_S = 5;
const SAYS = {
  loading: "Loading…",
  buffering: "Waiting for the next seconds…",
  stalled: "No audio device is running. Check the sound output of this computer.",
};

export const StemPlayer = {
  mounted() {
    this.lanes = [...this.el.querySelectorAll("[data-stem-id]")];
    const { durationS, sampleRateHz, readyS } = this.el.dataset;
    const stems = this.lanes.map((lane) => ({
      id: lane.dataset.stemId, label: lane.dataset.label, chunksUrl: lane.dataset.chunksUrl,
    }));
    this.engine = new StemEngine(stems, { durationS: +durationS, sampleRateHz: +sampleRateHz, readyS: +readyS });
    this.el.engine = this.engine;
    this.parts = {
      play: this.el.querySelector("[data-act=play]"),
      clock: this.el.querySelector("[data-clock]"),
      seek: this.el.querySelector("[data-seek]"),
      head: this.el.querySelector("[data-head]"),
      said: this.el.querySelector("[data-said]"),
      length: this.el.querySelector("[data-length]"),
      front: this.el.querySelector("[data-front]"),
      loop: this.el.querySelector("[data-act=loop]"),
      looped: this.el.querySelector("[data-looped]"),
      bar: this.el.querySelector("[data-bar]"),
      strip: this.el.querySelector("[data-strip]"),
    };
    this.song = new SongLanes(this.el, +durationS);
    this.peaks = new Map();
    this.listen();
    this.showState("idle");
    this.showReady();
    this.drawAll();
    this.loadSong();
    this.frame();
  },

  updated() {
    this.showState(this.engine.state);
    if (this.el.dataset.timelineUrl !== this.song.url) this.loadSong();
    const [readyS, durationS] = [+this.el.dataset.readyS, +this.el.dataset.durationS];
    if (readyS === this.engine.readyS && durationS === this.engine.durationS) return;
    this.engine.grow({ readyS, durationS });
    this.showReady();
    this.drawAll();
  },

  destroyed() {
    this.aborter.abort();
    this.resizes.disconnect();
    cancelAnimationFrame(this.nextFrame);
    this.engine.close();
  },

  listen() {
    this.aborter = new AbortController();
    const on = (target, name, handler) =>
      target.addEventListener(name, handler.bind(this), { signal: this.aborter.signal });
    on(this.el, "click", this.onClick);
    on(this.el, "input", this.onInput);
    on(this.parts.strip, "keydown", this.onChordKey);
    on(this.engine, "state", this.onState);
    on(window, "keydown", this.onKey);
    on(window, "sfa:theme", this.redraw);
    on(matchMedia("(prefers-color-scheme: dark)"), "change", this.redraw);
    this.resizes = new ResizeObserver(() => this.redraw());
    this.resizes.observe(this.el);
  },

  onClick(event) {
    const button = event.target.closest("[data-act]");
    if (button) return this.act(button);
    const chord = event.target.closest(".chord");
    if (chord) return this.engine.seek(Number(chord.dataset.startS));
    const lane = event.target.closest("[data-seekable]");
    if (!lane) return undefined;
    const box = lane.getBoundingClientRect();
    return this.engine.seek(((event.clientX - box.left) / box.width) * this.engine.durationS);
  },

  act(button) {
    const index = this.lanes.indexOf(button.closest("[data-stem-id]"));
    const isOn = button.getAttribute("aria-pressed") !== "true";
    switch (button.dataset.act) {
      case "play":
        return this.toggle();
      case "start":
        return this.engine.seek(0);
      case "part":
        return this.goTo(Number(button.dataset.startS));
      case "loop":
        return this.loop(isOn ? this.song.loopAt(this.engine.position) : null);
      case "labels":
        this.song.labels = button.value;
        return this.loadSong();
      case "shift":
        this.song.transpose = (this.song.transpose + Number(button.value)) % 12;
        return this.loadSong();
      case "mute":
        this.engine.setMute(index, isOn);
        break;
      case "solo":
        this.engine.setSolo(index, isOn);
        break;
      default:
        return undefined;
    }
    button.setAttribute("aria-pressed", String(isOn));
    this.showAudible();
    return undefined;
  },

  toggle() {
    if (this.engine.isRunning) this.engine.pause();
    else this.engine.play();
  },

  /** Jump to a part; what is repeated moves along. */
  goTo(position) {
    if (this.engine.loop) this.loop(this.song.loopAt(position));
    return this.engine.seek(position);
  },

  loop(region) {
    const { engine, parts } = this;
    engine.setLoop(region);
    parts.loop.setAttribute("aria-pressed", String(Boolean(region)));
    parts.loop.querySelector("span").textContent = region ? `Loop ${region.name}` : "Loop";
    parts.looped.hidden = !region;
    if (!region) return;
    parts.looped.style.setProperty("--x", `${(100 * region.start) / engine.durationS}%`);
    parts.looped.style.setProperty("--w", `${(100 * (region.end - region.start)) / engine.durationS}%`);
  },

  /** Parts, chords and beats; the desk is whole without them. */
  async loadSong() {
    const url = this.el.dataset.timelineUrl;
    if (!url || !(await this.song.load(url).catch(() => false))) return;
    const { sections, downbeats_s: bars } = this.song.found;
    this.parts.loop.hidden = !sections.length && bars.length < 2;
    this.showPosition();
    this.redraw();
  },

  onChordKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    this.engine.seek(this.song.neighbour(this.engine.position, step));
    event.preventDefault();
    event.stopPropagation();
  },

  onInput(event) {
    const control = event.target;
    const value = Number(control.value);
    control.style.setProperty("--p", `${((value - control.min) / (control.max - control.min)) * 100}%`);
    if (control.dataset.ctl === "level") {
      this.engine.setLevel(this.lanes.indexOf(control.closest("[data-stem-id]")), gainOf(value));
      this.showLevel(control, value);
    } else if (control.dataset.ctl === "main") {
      this.engine.setMainLevel(gainOf(value));
      control.setAttribute("aria-valuetext", decibels(value));
    } else if (control === this.parts.seek) {
      this.engine.seek(value);
    }
  },

  onKey(event) {
    const isTyping = event.target.closest?.("input, textarea, select, button, a, dialog, [contenteditable]");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: -STEP_S, ArrowRight: STEP_S };
    if (event.key === " ") this.toggle();
    else if (event.key in moves) this.engine.seek(this.engine.position + moves[event.key]);
    else if (event.key === "Home") this.engine.seek(0);
    else if (event.key === "l" && !this.parts.loop.hidden) this.parts.loop.click();
    else return;
    event.preventDefault();
  },

  onState({ detail: state }) {
    const { engine, parts } = this;
    this.showState(state);
    parts.play.setAttribute("aria-pressed", String(engine.isRunning));
    parts.play.setAttribute("aria-label", engine.isRunning ? "Pause" : "Play");
    parts.said.textContent = state === "error" ? engine.error.message : (SAYS[state] ?? "");
    this.showPosition();
    const isPlaying = state === "playing";
    if (["playing", "paused", "ended"].includes(state) && isPlaying !== this.toldPlaying) {
      this.toldPlaying = isPlaying;
      this.pushEvent("transport", { playing: isPlaying, position_s: engine.position });
    }
  },

  frame() {
    this.engine.watch(performance.now());
    if (this.engine.isRunning) this.showPosition();
    this.nextFrame = requestAnimationFrame(() => this.frame());
  },

  showPosition() {
    const { engine, parts } = this;
    const percent = (engine.position / engine.durationS) * 100;
    parts.head.style.transform = `translateX(${percent}%)`;
    this.song.show(engine.position);
    const text = clock(engine.position);
    if (parts.clock.textContent === text) return;
    parts.clock.textContent = text;
    const bar = this.song.barAt(engine.position);
    parts.bar.textContent = bar && ` · ${bar}`;
    parts.seek.value = engine.position;
    parts.seek.style.setProperty("--p", `${percent}%`);
    parts.seek.setAttribute("aria-valuetext", `${text} of ${clock(engine.durationS)}`);
  },

  showLevel(control, value) {
    control.setAttribute("aria-valuetext", decibels(value));
    const output = control.parentElement.querySelector("output");
    if (output) output.textContent = decibels(value);
  },

  showAudible() {
    this.engine.channels.forEach((channel, index) => {
      this.lanes[index].toggleAttribute("data-silent", !this.engine.isAudible(channel));
    });
    this.redraw();
  },

  /** What the server renders does not hold it: an update takes it away. */
  showState(state) {
    this.el.dataset.playerState = state;
  },

  showReady() {
    const { engine, parts } = this;
    const isWhole = engine.readyS >= engine.durationS;
    parts.front.hidden = isWhole;
    parts.front.style.setProperty("--x", `${(engine.readyS / engine.durationS) * 100}%`);
    parts.front.firstElementChild.textContent = wholeSeconds(engine.readyS);
    parts.length.textContent = isWhole ? `of ${wholeSeconds(engine.durationS)}` : `${wholeSeconds(engine.readyS)} playable`;
    parts.seek.max = engine.durationS;
  },

  /** Draw all waves as far as they are made; a call while one is at work asks for one more. */
  async drawAll() {
    this.isStale = Boolean(this.drawing);
    if (this.drawing) return;
    this.drawing = Promise.allSettled(
      this.lanes.map(async (lane) => {
        this.peaks.set(lane, await fetchPeaks(lane.dataset.peaksUrl, this.engine.durationS));
        this.draw(lane);
      }),
    );
    await this.drawing;
    this.drawing = null;
    if (this.isStale) this.drawAll();
  },

  redraw() {
    // After the style has settled: a theme or a mute changes the colour of the canvas.
    cancelAnimationFrame(this.redrawing);
    this.redrawing = requestAnimationFrame(() => {
      for (const lane of this.peaks.keys()) this.draw(lane);
      this.song.show(this.engine.position);
    });
  },

  draw(lane) {
    const grid = { durationS: this.engine.durationS, ...this.song.found };
    drawWave(lane.querySelector("canvas"), this.peaks.get(lane), grid);
  },
};

/** A fader's 0..100 as a gain: 80 is 0 dB, 100 is +6 dB, 0 is silence; 0.6 dB a step between. */
function gainOf(value) {
  if (value <= 0) return 0;
  return 10 ** (decibelsOf(value) / 20);
}

function decibelsOf(value) {
  return value >= 80 ? (value - 80) * 0.3 : (value - 80) * 0.6;
}

function decibels(value) {
  if (value <= 0) return "off";
  const db = decibelsOf(value);
  return `${db < 0 ? "−" : ""}${Math.abs(db).toFixed(1)} dB`;
}

function wholeSeconds(seconds) {
  return clock(Math.floor(seconds)).replace(/\.\d$/, "");
}

function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}
