// What was found along the time of a track: chords, parts, keys, cue points, loops, beats, curves.
const SNAP_PX = 14;
const NOTHING = {
  beats_s: [], downbeats_s: [], chords: [], sections: [], keys: [], cue_points: [], markers: [], loops: [],
  energy: { times_s: [], values: [] }, tempi: [],
};

export class Timeline {
  constructor() {
    this.found = NOTHING;
    this.isKnown = false;
    this.transpose = 0;
    this.labels = "simple";
  }

  /**
   * Fetch what there is. True when it is known now what there is: `found`, or nothing if it cannot be
   * had; false when another call has been made meanwhile, or what was there before stays.
   */
  async load(url) {
    this.url = url;
    const asked = (this.asked = Symbol("asked"));
    const query = `labels=${this.labels}&transpose=${this.transpose}`;
    const data = await fetchData(`${url}${url.includes("?") ? "&" : "?"}${query}`);
    if (this.asked !== asked || (!data && this.isKnown)) return false;
    this.found = { ...NOTHING, ...data };
    this.isKnown = true;
    return true;
  }

  chordAt(position) {
    return lastStarted(this.found.chords, position);
  }

  partAt(position) {
    return lastStarted(this.found.sections, position);
  }

  /** Where the chord before or after the one at `position` begins. */
  chordBeside(position, step) {
    const { chords } = this.found;
    let index = this.chordAt(position) + step;
    while (chords[index] && !chords[index].name) index += step;
    return chords[index]?.start_s ?? position;
  }

  /** The cue point before or after `position`; of the one just passed, the one before. */
  cueBeside(position, step) {
    const times = this.found.cue_points.map((one) => one.time_s);
    return step > 0 ? times.find((at) => at > position + 0.05) : times.findLast((at) => at < position - 1);
  }

  /** What to repeat at a position: the part there, or eight bars where no parts are known. */
  loopAt(position) {
    const part = this.found.sections[this.partAt(position)];
    if (part) return { start: part.start_s, end: part.end_s, name: nameOf(part) };
    const bars = this.found.downbeats_s;
    const first = Math.max(0, bars.findLastIndex((at) => at <= position));
    const last = Math.min(bars.length - 1, first + 8);
    return last > first ? this.region(bars[first], bars[last]) : null;
  }

  /** A stretch with its name: its bars where it is made of them, else its length. */
  region(start, end) {
    const bars = this.found.downbeats_s;
    const [first, last] = [start, end].map((at) => bars.findIndex((bar) => Math.abs(bar - at) < 0.02));
    if (first < 0 || last <= first) return { start, end, name: `${(end - start).toFixed(1)} s` };
    const name = last === first + 1 ? `bar ${first + 1}` : `bars ${first + 1} to ${last}`;
    return { start, end, name };
  }

  /** The bar at a position and the beat in it, from 1; empty where no bars are known. */
  barAt(position) {
    const { downbeats_s: bars, beats_s: beats } = this.found;
    const bar = bars.findLastIndex((at) => at <= position + 1e-3);
    if (bar < 0) return "";
    const first = beats.findIndex((at) => at >= bars[bar] - 1e-3);
    const beat = beats.findLastIndex((at) => at <= position + 1e-3) - first + 1;
    return `bar ${bar + 1}.${Math.max(1, beat)}`;
  }

  /** The beat at a moment if one is so near that it is meant. */
  snapped(seconds, pxPerS) {
    const beat = nearest(this.found.beats_s, seconds);
    return beat !== undefined && Math.abs(beat - seconds) * pxPerS <= SNAP_PX ? beat : seconds;
  }

  /** The beat nearest to a moment, or the moment itself where there are none near. */
  onBeat(seconds) {
    const beat = nearest(this.found.beats_s, seconds);
    return beat !== undefined && Math.abs(beat - seconds) < 1 ? beat : seconds;
  }
}

/** Where `seconds` of one timeline lies in another of the same song: beat for beat, else by length. */
export function samePlace(seconds, before, after) {
  const [old, now] = [before.beats, after.beats];
  if (old.length < 2 || old.length !== now.length) return (seconds * after.durationS) / before.durationS;
  const index = Math.min(old.length - 2, Math.max(0, old.findLastIndex((at) => at <= seconds)));
  const share = (seconds - old[index]) / (old[index + 1] - old[index]);
  return Math.min(after.durationS, Math.max(0, now[index] + share * (now[index + 1] - now[index])));
}

/** Parts without a name go by their letter: like letters sound alike. */
export function nameOf(part) {
  return part.name ? part.name[0].toUpperCase() + part.name.slice(1) : part.label;
}

export function lastStarted(rows, position) {
  return rows.findLastIndex((one) => one.start_s <= position + 1e-3);
}

async function fetchData(url) {
  try {
    const answer = await fetch(url, { credentials: "same-origin" });
    return answer.ok ? (await answer.json()).data : null;
  } catch {
    return null;
  }
}

function nearest(times, seconds) {
  const after = times.findIndex((at) => at >= seconds);
  if (after < 0) return times.at(-1);
  if (after === 0) return times[0];
  return times[after] - seconds < seconds - times[after - 1] ? times[after] : times[after - 1];
}
