// The desk on a page: lanes, buttons, faders and the playhead around one StemEngine.
//
// The element is phx-update="ignore": the server renders it once, and tells it by data-… how much can
// be played. Its id names the separation: while that runs and when it has ended it is the same
// element, and what plays goes on playing. Other stems of the same song (a version, another
// separation) are another element, which takes over where this one was.
import { ChordStrip } from "soundforge/player/chord_strip.js";
import { Commands } from "soundforge/player/commands.js";
import { Curves } from "soundforge/player/curves.js";
import { StemEngine } from "soundforge/player/engine.js";
import { Gestures } from "soundforge/player/gestures.js";
import { stateOf, takeOver } from "soundforge/player/handover.js";
import { Loops } from "soundforge/player/loops.js";
import { Mixer } from "soundforge/player/mixer.js";
import { Overview } from "soundforge/player/overview.js";
import { Ruler } from "soundforge/player/ruler.js";
import { SongLanes } from "soundforge/player/song_lanes.js";
import { Timeline } from "soundforge/player/timeline.js";
import { Transport } from "soundforge/player/transport.js";
import { View } from "soundforge/player/view.js";
import { Waves } from "soundforge/player/waves.js";

const SHARPEST_PX_PER_S = 125; // closer than this the peaks, one for 10 ms, would be no sharper
let latest = null;

export const StemPlayer = {
  mounted() {
    const { chunkS, durationS, sampleRateHz, readyS, trackId } = this.el.dataset;
    const before = latest?.el.dataset.trackId === trackId ? (latest.left ?? stateOf(latest)) : null;
    latest = this;
    this.lanes = [...this.el.querySelectorAll("[data-stem-id]")];
    const stems = this.lanes.map((lane) => ({
      id: lane.dataset.stemId, label: lane.dataset.label, chunksUrl: lane.dataset.chunksUrl,
    }));
    this.engine = new StemEngine(stems, {
      chunkS: +chunkS, durationS: +durationS, sampleRateHz: +sampleRateHz, readyS: +readyS,
    });
    this.el.engine = this.engine;
    this.aborter = new AbortController();
    this.over = this.el.querySelector(".over");
    this.view = new View(+durationS);
    this.el.view = this.view;
    this.timeline = new Timeline();
    this.transport = new Transport(this.el, this.engine, this.view, this.timeline);
    this.waves = new Waves(this.lanes, this.view, this.timeline);
    this.mixer = new Mixer(this.el, this.lanes, this.engine);
    this.loops = new Loops(this.el, this.engine, this.timeline, () => this.over.clientWidth / this.view.span);
    this.song = new SongLanes(this.el, this.timeline, this.view);
    this.chords = new ChordStrip(this.el, this.timeline, this.view);
    this.ruler = new Ruler(this.el, this.timeline, this.view);
    this.curves = new Curves(this.el, this.timeline, this.view);
    this.commands = new Commands(this);
    this.listen();
    this.showState("idle");
    this.transport.showReady();
    this.showView();
    this.waves.fetch(this.engine.durationS, () => this.redraw());
    const loaded = this.loadSong();
    if (before) takeOver(this, before, loaded);
    this.frame();
  },

  updated() {
    this.showState(this.engine.state);
    if (this.el.dataset.timelineUrl !== this.timeline.url) this.loadSong();
    const [readyS, durationS] = [+this.el.dataset.readyS, +this.el.dataset.durationS];
    if (readyS === this.engine.readyS && durationS === this.engine.durationS) return;
    this.engine.grow({ readyS, durationS });
    this.view.fit({ durationS });
    this.transport.showReady();
    this.waves.fetch(this.engine.durationS, () => this.redraw());
  },

  destroyed() {
    this.left = stateOf(this);
    // Who leaves the page does not come back to a song that plays; a desk in its place mounts now.
    setTimeout(() => {
      if (latest === this) latest = null;
    });
    this.isGone = true;
    this.aborter.abort();
    this.resizes.disconnect();
    cancelAnimationFrame(this.nextFrame);
    this.engine.close();
  },

  listen() {
    const { commands, aborter: { signal } } = this;
    const on = (target, name, handler) => target.addEventListener(name, handler, { signal });
    on(this.el, "input", (event) => commands.onInput(event));
    on(this.chords.strip, "keydown", (event) => commands.onChordKey(event));
    // The cue points stand elsewhere on the page.
    on(document, "click", (event) => commands.onClick(event));
    on(window, "keydown", (event) => commands.onKey(event));
    on(this.engine, "state", ({ detail }) => this.onState(detail));
    on(this.view, "change", () => this.onView());
    on(window, "sfa:theme", () => this.redraw());
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.redraw());
    const does = {
      seek: (position) => commands.goTo(position),
      head: () => this.engine.position,
      loop: () => this.loops.region,
      select: (from, until) => this.loops.preview(from, until),
      selected: (from, until) => this.loops.mark(from, until),
    };
    new Gestures(this.el.querySelector(".tracks"), this.over, this.view, does, signal);
    this.overview = new Overview(this.el.querySelector("[data-mini]"), this.view, does, signal);
    this.resizes = new ResizeObserver(() => this.onResize());
    this.resizes.observe(this.el);
  },

  /** Parts, chords and beats; the desk is whole without them. */
  async loadSong() {
    const url = this.el.dataset.timelineUrl;
    if (!url || !(await this.timeline.load(url))) return;
    this.loops.allow();
    this.song.draw();
    this.chords.draw(this.engine.position);
    this.showPosition();
    this.redraw();
  },

  // -- what is shown -----------------------------------------------------------------------

  onState(state) {
    this.showState(state);
    this.transport.showState(state);
    this.showPosition();
  },

  onView() {
    this.showView();
    this.song.fit();
    this.showPosition();
    this.redraw();
  },

  onResize() {
    this.view.fit({ leastS: this.over.clientWidth / SHARPEST_PX_PER_S });
    this.song.fit();
    this.redraw();
  },

  frame() {
    this.engine.watch(performance.now());
    if (this.engine.isRunning) {
      this.view.follow(this.engine.position);
      this.showPosition();
    }
    this.nextFrame = requestAnimationFrame(() => this.frame());
  },

  showView() {
    this.el.style.setProperty("--from", this.view.from);
    this.el.style.setProperty("--span", this.view.span);
    for (const button of this.el.querySelectorAll("[data-act=zoom]")) {
      const isOut = Number(button.value) > 1;
      const isEnd = isOut ? this.view.isWhole : this.view.span <= this.view.leastS;
      // Not disabled: who presses it by keyboard would lose the focus at the end.
      button.setAttribute("aria-disabled", String(isEnd));
    }
  },

  showPosition() {
    const { position } = this.engine;
    this.transport.showPosition(position);
    this.overview.showHead(position);
    this.song.show(position);
    this.chords.show(position);
  },

  /** What the server renders does not hold it: an update takes it away. */
  showState(state) {
    this.el.dataset.playerState = state;
  },

  redraw() {
    // After the style has settled: a theme or a mute changes the colour of the canvas.
    cancelAnimationFrame(this.redrawing);
    this.redrawing = requestAnimationFrame(() => {
      this.overview.draw(this.waves.draw());
      this.ruler.draw();
      this.curves.draw();
      this.chords.show(this.engine.position);
    });
  },
};
