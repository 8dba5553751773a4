// Plays several stems on one audio clock: every source of a piece starts at the same sample.
//
// The time line is a list of spans: from context time `at` the track sounds from `begins` to `ends`.
// A piece that arrives late begins a span of its own, so position never runs ahead of sound; a loop
// is a span that begins where the loop does.
import { ChunkStore } from "soundforge/player/chunks.js";

const AHEAD_S = 16;
const KEPT_S = 20; // before and after the piece that comes next: going back and short loops fetch nothing
const START_DELAY_S = 0.03;
const RAMP_S = 0.01;
const STALL_MS = 1500;
// Frames of the screen do not meet the last sample: this near to it is the end.
const END_S = 1e-3;

/** States: idle, loading, playing, buffering, stalled, paused, ended, error. Fires "state". */
export class StemEngine extends EventTarget {
  /**
   * @param {{id: string, label: string, chunksUrl: string}[]} stems
   * @param {{chunkS: number, durationS: number, sampleRateHz: number, readyS?: number}} options
   *   `chunkS` is how long the pieces are that these stems were cut into, and `readyS` how much there
   *   is to play while they are still being made; see `grow`.
   */
  constructor(stems, { chunkS, durationS, sampleRateHz, readyS = durationS }) {
    super();
    this.stems = stems;
    this.chunkS = chunkS;
    this.durationS = durationS;
    this.readyS = readyS;
    this.sampleRateHz = sampleRateHz;
    this.state = "idle";
    this.error = null;
    this.level = 1;
    this.channels = stems.map((stem) => ({ stem, isMuted: false, isSolo: false, level: 1, gain: null }));
    this.sources = new Set();
    this.loop = null;
    this.rate = 1;
    this.run = null;
    this.startFrom(0);
  }

  get isRunning() {
    return ["loading", "playing", "buffering", "stalled"].includes(this.state);
  }

  /** Seconds into the track, never beyond what has been scheduled. */
  get position() {
    if (!this.spans.length || !this.isRunning) return this.from;
    const now = this.context.currentTime;
    const span = this.spans.findLast((one) => one.at <= now) ?? this.spans[0];
    return Math.min(span.begins + Math.max(0, now - span.at) * this.rate, span.ends);
  }

  isEnd(position) {
    return position >= this.durationS - END_S;
  }

  /** Must first be called from a user's gesture: browsers refuse sound otherwise. */
  async play(position = this.position) {
    this.open();
    this.silence();
    const run = (this.run = Symbol("run"));
    this.startFrom(this.isEnd(position) ? 0 : Math.max(0, position));
    this.become("loading");
    try {
      await this.context.resume();
      await this.feed(run);
    } catch (error) {
      if (this.run === run) this.fail(error);
    }
  }

  pause() {
    const position = this.position;
    this.run = null;
    this.silence();
    this.from = position;
    this.become(this.isEnd(position) ? "ended" : "paused");
  }

  async seek(position) {
    const target = Math.min(Math.max(0, position), this.durationS);
    if (this.isRunning) return this.play(target);
    this.from = target;
    this.become(this.state === "idle" ? "idle" : "paused");
    return undefined;
  }

  /** More can be played now; whoever waits for it goes on by itself. */
  grow({ readyS, durationS }) {
    this.readyS = readyS;
    this.durationS = durationS;
    this.dispatchEvent(new CustomEvent("grown"));
  }

  /** Play `{start, end}` (seconds) over and over once the playhead is in it; null ends that. */
  setLoop(loop) {
    const position = this.position;
    // Turns fall on samples: between two of them a piece would be blurred.
    const onSample = (seconds) => Math.round(seconds * this.sampleRateHz) / this.sampleRateHz;
    this.loop = loop && { start: onSample(loop.start), end: onSample(Math.min(loop.end, this.durationS)) };
    if (this.isRunning) this.play(position);
  }

  /** Faster or slower as on a tape: the pitch moves along. 1 is as recorded. */
  setRate(rate) {
    const position = this.position;
    const isRunning = this.isRunning;
    this.rate = rate;
    if (isRunning) this.play(position);
  }

  setMute(index, isMuted) {
    this.channels[index].isMuted = isMuted;
    this.mix();
  }

  setSolo(index, isSolo) {
    this.channels[index].isSolo = isSolo;
    this.mix();
  }

  setLevel(index, level) {
    this.channels[index].level = level;
    this.mix();
  }

  setMainLevel(level) {
    this.level = level;
    if (this.bus) ramp(this.bus.gain, level, this.context.currentTime);
  }

  /** Whether a stem is heard: not muted, and soloed where anything is. */
  isAudible(channel) {
    const anySolo = this.channels.some((other) => other.isSolo);
    return anySolo ? channel.isSolo : !channel.isMuted;
  }

  /** Called once a frame; notices the end, an empty buffer and a clock that stands still. */
  watch(nowMs) {
    if (!this.isRunning || !this.spans.length) return;
    const clock = this.context.currentTime;
    if (clock !== this.lastClock) {
      this.lastClock = clock;
      this.movedAtMs = nowMs;
      if (this.state === "stalled") this.become("playing");
    } else if (nowMs - this.movedAtMs > STALL_MS && this.state === "playing") {
      this.become("stalled");
    }
    const isLast = this.isEnd(this.next);
    if (isLast && this.isEnd(this.position)) this.pause();
    else if (!isLast && clock >= this.nextAt && this.state === "playing") this.become("buffering");
  }

  async close() {
    this.run = null;
    this.silence();
    if (this.context) await this.context.close().catch(() => {});
  }

  // -- private --------------------------------------------------------------------------

  open() {
    if (this.context) return;
    this.context = new AudioContext({ sampleRate: this.sampleRateHz, latencyHint: "balanced" });
    this.bus = this.context.createGain();
    this.bus.gain.value = this.level;
    this.bus.connect(this.context.destination);
    for (const channel of this.channels) {
      channel.gain = this.context.createGain();
      channel.gain.gain.value = this.isAudible(channel) ? channel.level : 0;
      channel.gain.connect(this.bus);
    }
    this.store = new ChunkStore(this.context, this.stems);
  }

  mix() {
    if (!this.context) return;
    for (const channel of this.channels) {
      ramp(channel.gain.gain, this.isAudible(channel) ? channel.level : 0, this.context.currentTime);
    }
  }

  startFrom(position) {
    this.from = position;
    this.next = position;
    this.nextAt = undefined;
    this.spans = [];
  }

  /** Schedule piece after piece until the end, staying `AHEAD_S` ahead of the ear. */
  async feed(run) {
    while (this.run === run && !this.isEnd(this.next)) {
      const last = Math.ceil((this.durationS - END_S) / this.chunkS) - 1;
      const index = Math.min(Math.floor(this.next / this.chunkS), last);
      await this.untilThere(index, run);
      if (this.run !== run) return;
      const coming = this.store.all(index);
      // Who begins just before a seam needs the next one at once. If it fails it is asked for again.
      if (index < last && this.isThere(index + 1)) this.store.all(index + 1).catch(() => {});
      const buffers = await coming;
      if (this.run !== run) return;
      this.schedule(buffers, index);
      const kept = Math.ceil(KEPT_S / this.chunkS);
      this.store.keep(index - kept, index + kept);
      while (this.run === run && this.nextAt - this.context.currentTime > AHEAD_S) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Where piece `index` ends: the last one is as long as the track leaves it, the rest are whole. */
  endOf(index) {
    return Math.min(this.durationS, (index + 1) * this.chunkS);
  }

  /** Whether piece `index` has been made. */
  isThere(index) {
    return this.endOf(index) <= this.readyS + 1e-3;
  }

  async untilThere(index, run) {
    while (this.run === run && !this.isThere(index)) {
      if (this.state === "loading") this.become("buffering");
      await new Promise((resolve) => this.addEventListener("grown", resolve, { once: true }));
    }
  }

  schedule(buffers, index) {
    const soonest = this.context.currentTime + START_DELAY_S;
    if (this.nextAt === undefined) this.movedAtMs = performance.now();
    const at = Math.max(this.nextAt ?? soonest, soonest);
    const begins = this.next;
    const whole = this.endOf(index);
    const turns = this.loop && begins < this.loop.end && this.loop.end <= whole;
    const ends = turns ? this.loop.end : whole;
    const lengthS = turns ? ends - begins : undefined;
    buffers.forEach((buffer, i) => this.start(buffer, this.channels[i], at, begins - index * this.chunkS, lengthS));
    const isOver = (span) => span.at + (span.ends - span.begins) / this.rate < this.context.currentTime;
    this.spans = [...this.spans.filter((span) => !isOver(span)), { at, begins, ends }];
    this.nextAt = at + (ends - begins) / this.rate;
    this.next = turns ? this.loop.start : ends;
    if (this.state !== "playing") this.become("playing");
  }

  start(buffer, channel, at, offset, lengthS) {
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.playbackRate.value = this.rate;
    source.connect(channel.gain);
    source.onended = () => this.sources.delete(source);
    source.start(at, offset, lengthS);
    this.sources.add(source);
  }

  silence() {
    for (const source of this.sources) {
      source.onended = null;
      source.stop();
    }
    this.sources.clear();
  }

  fail(error) {
    const position = this.position;
    this.run = null;
    this.silence();
    this.from = position;
    this.error = error;
    this.become("error");
  }

  become(state) {
    this.state = state;
    if (state !== "error") this.error = null;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}

function ramp(param, value, now) {
  param.cancelScheduledValues(now);
  param.setValueAtTime(param.value, now);
  param.linearRampToValueAtTime(value, now + RAMP_S);
}
