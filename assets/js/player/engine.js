// Plays several stems on one audio clock: every source of a piece starts at the same sample.
//
// The time line: `origin` is the context time at which position `from` is heard. A piece that
// arrives late moves `origin`, so position never runs ahead of sound.
import { ChunkStore } from "soundforge/player/chunks.js";

const CHUNK_S = 10;
const AHEAD_S = 12;
const START_DELAY_S = 0.03;
const RAMP_S = 0.01;
const STALL_MS = 1500;
// Frames of the screen do not meet the last sample: this near to it is the end.
const END_S = 1e-3;

/** States: idle, loading, playing, buffering, stalled, paused, ended, error. Fires "state". */
export class StemEngine extends EventTarget {
  /**
   * @param {{id: string, label: string, chunksUrl: string}[]} stems
   * @param {{durationS: number, sampleRateHz: number, readyS?: number}} options `readyS` is how
   *   much there is to play while the stems are still being made; see `grow`.
   */
  constructor(stems, { durationS, sampleRateHz, readyS = durationS }) {
    super();
    this.stems = stems;
    this.durationS = durationS;
    this.readyS = readyS;
    this.sampleRateHz = sampleRateHz;
    this.state = "idle";
    this.error = null;
    this.level = 1;
    this.channels = stems.map((stem) => ({ stem, isMuted: false, isSolo: false, level: 1, gain: null }));
    this.sources = new Set();
    this.from = 0;
    this.until = 0;
    this.run = null;
  }

  get isRunning() {
    return ["loading", "playing", "buffering", "stalled"].includes(this.state);
  }

  /** Seconds into the track, never beyond what has been scheduled. */
  get position() {
    if (this.origin === undefined || !this.isRunning) return this.from;
    const heard = this.from + Math.max(0, this.context.currentTime - this.origin);
    return Math.min(this.durationS, Math.max(this.from, Math.min(heard, this.until)));
  }

  isEnd(position) {
    return position >= this.durationS - END_S;
  }

  /** Must first be called from a user's gesture: browsers refuse sound otherwise. */
  async play(position = this.position) {
    this.open();
    this.silence();
    const run = (this.run = Symbol("run"));
    this.from = this.isEnd(position) ? 0 : Math.max(0, position);
    this.until = this.from;
    this.origin = undefined;
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
    if (!this.isRunning || this.origin === undefined) return;
    const clock = this.context.currentTime;
    if (clock !== this.lastClock) {
      this.lastClock = clock;
      this.movedAtMs = nowMs;
      if (this.state === "stalled") this.become("playing");
    } else if (nowMs - this.movedAtMs > STALL_MS && this.state === "playing") {
      this.become("stalled");
    }
    const position = this.position;
    if (this.isEnd(position)) this.pause();
    else if (position >= this.until && this.state === "playing") this.become("buffering");
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

  /** Schedule piece after piece until the end, staying `AHEAD_S` ahead of the ear. */
  async feed(run) {
    let index = Math.min(Math.floor(this.from / CHUNK_S), Math.ceil(this.durationS / CHUNK_S) - 1);
    while (this.run === run && this.until < this.durationS) {
      await this.untilThere(index, run);
      if (this.run !== run) return;
      const buffers = await this.store.all(index);
      if (this.run !== run) return;
      this.schedule(buffers, index);
      this.store.keep(index - 1, index + 2);
      index += 1;
      while (this.run === run && this.until - this.position > AHEAD_S) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  /** Wait until piece `index` has been made. */
  async untilThere(index, run) {
    while (this.run === run && Math.min(this.durationS, (index + 1) * CHUNK_S) > this.readyS + 1e-3) {
      if (this.state === "loading") this.become("buffering");
      await new Promise((resolve) => this.addEventListener("grown", resolve, { once: true }));
    }
  }

  schedule(buffers, index) {
    const begins = index * CHUNK_S;
    const soonest = this.context.currentTime + START_DELAY_S;
    if (this.origin === undefined) {
      this.origin = soonest;
      this.movedAtMs = performance.now();
    } else if (this.origin + (this.until - this.from) < soonest) {
      this.origin = soonest - (this.until - this.from);
    }
    const offset = this.until - begins;
    const at = this.origin + (this.until - this.from);
    buffers.forEach((buffer, channel) => this.start(buffer, this.channels[channel], at, offset));
    // The last piece is as long as the track leaves it; the rest are whole.
    this.until = Math.min(this.durationS, begins + CHUNK_S);
    if (this.state !== "playing") this.become("playing");
  }

  start(buffer, channel, at, offset) {
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(channel.gain);
    source.onended = () => this.sources.delete(source);
    source.start(at, offset);
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
