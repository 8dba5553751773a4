// What was found along the time of a track, on the desk: its parts, its chords, its beats.
//
// Parts lie on the same time line as the waves. Chords need more room than a whole song leaves them,
// so they run past a mark on a lane of their own; only those near the mark are in the document.
const CHORD_PX = 60;
const FASTEST_PX_PER_S = 110;
const SLOWEST_PX_PER_S = 26;
const MARK = 0.3;
const BEHIND = 8;
const AHEAD = 24;
const SURE = 0.5;

export class SongLanes {
  /**
   * @param {HTMLElement} desk Holds the lanes, hidden until there is something to show.
   * @param {number} durationS Length of the time line.
   */
  constructor(desk, durationS) {
    this.durationS = durationS;
    this.parts = desk.querySelector("[data-parts]");
    this.chords = desk.querySelector("[data-chords]");
    this.strip = desk.querySelector("[data-strip]");
    this.box = this.strip.parentElement;
    this.shift = desk.querySelector("[data-shift]");
    this.found = { chords: [], sections: [], beats_s: [], downbeats_s: [] };
    this.transpose = 0;
    this.labels = "simple";
    this.stepwise = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** Fetch what there is and draw it; false if there is nothing, or it cannot be had. */
  async load(url) {
    this.url = url;
    const asked = (this.asked = Symbol("asked"));
    const query = `labels=${this.labels}&transpose=${this.transpose}`;
    const answer = await fetch(`${url}${url.includes("?") ? "&" : "?"}${query}`, { credentials: "same-origin" });
    if (!answer.ok || this.asked !== asked) return false;
    this.found = (await answer.json()).data;
    this.drawParts();
    this.drawChords();
    return true;
  }

  // -- what is where ---------------------------------------------------------------------

  chordAt(position) {
    return lastStarted(this.found.chords, position);
  }

  partAt(position) {
    return lastStarted(this.found.sections, position);
  }

  /** What to repeat at a position: the part there, or eight bars where no parts are known. */
  loopAt(position) {
    const part = this.found.sections[this.partAt(position)];
    if (part) return { start: part.start_s, end: part.end_s, name: nameOf(part) };
    const bars = this.found.downbeats_s;
    const first = Math.max(0, bars.findLastIndex((at) => at <= position));
    const last = Math.min(bars.length - 1, first + 8);
    if (last <= first) return null;
    return { start: bars[first], end: bars[last], name: `bars ${first + 1} to ${last}` };
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

  // -- parts -----------------------------------------------------------------------------

  drawParts() {
    const { sections } = this.found;
    this.parts.hidden = !sections.length;
    const shades = [...new Set(sections.map((one) => one.label))];
    this.blocks = sections.map((one) => {
      const block = document.createElement("button");
      block.type = "button";
      block.className = "sec";
      block.dataset.act = "part";
      block.dataset.startS = one.start_s;
      block.dataset.shade = shades.indexOf(one.label) % 5;
      block.style.setProperty("--x", `${(100 * one.start_s) / this.durationS}%`);
      block.style.setProperty("--w", `${(100 * (one.end_s - one.start_s)) / this.durationS}%`);
      const name = document.createElement("span");
      name.textContent = nameOf(one);
      block.append(name);
      block.title = `${nameOf(one)}, ${clock(one.start_s)}`;
      block.setAttribute("aria-label", block.title);
      return block;
    });
    this.parts.querySelector(".bd").replaceChildren(...this.blocks);
  }

  // -- chords ----------------------------------------------------------------------------

  drawChords() {
    const { chords } = this.found;
    const named = chords.filter((one) => one.name);
    this.chords.hidden = !named.length;
    const lengths = named.map((one) => one.end_s - one.start_s).sort((a, b) => a - b);
    const short = lengths[Math.floor(lengths.length / 4)] ?? 1;
    this.pxPerS = Math.min(FASTEST_PX_PER_S, Math.max(SLOWEST_PX_PER_S, CHORD_PX / short));
    this.drawn = null;
    this.shift.textContent = `${this.transpose > 0 ? "+" : this.transpose < 0 ? "−" : ""}${Math.abs(this.transpose)}`;
    for (const button of this.chords.querySelectorAll("[data-act=labels]")) {
      button.setAttribute("aria-pressed", String(button.value === this.labels));
    }
    this.show(this.position ?? 0);
  }

  /** Mark what sounds at `position`, and let the chords run so that it stands under the mark. */
  show(position) {
    this.position = position;
    this.mark(this.blocks ?? [], this.partAt(position));
    if (this.chords.hidden) return;
    const current = this.chordAt(position);
    if (!this.drawn || current < this.drawn.first + 2 || current > this.drawn.last - AHEAD / 2) {
      this.drawNear(current);
    }
    this.markChord(current);
    const at = this.stepwise.matches ? (this.found.chords[current]?.start_s ?? position) : position;
    const pixels = this.box.clientWidth * MARK - at * this.pxPerS;
    this.strip.style.transform = `translateX(${pixels.toFixed(1)}px)`;
  }

  drawNear(current) {
    const { chords } = this.found;
    const first = Math.max(0, current - BEHIND);
    const last = Math.min(chords.length - 1, Math.max(0, current) + AHEAD);
    if (this.drawn?.first === first && this.drawn?.last === last) return;
    this.drawn = { first, last };
    const pieces = [];
    for (let i = first; i <= last; i += 1) if (chords[i].name) pieces.push(this.piece(chords[i], i));
    this.strip.replaceChildren(...pieces);
    this.marked = undefined;
  }

  piece(chord, index) {
    const piece = document.createElement("span");
    piece.id = `chord-${index}`;
    piece.className = chord.confidence < SURE ? "chord low" : "chord";
    piece.role = "option";
    piece.dataset.startS = chord.start_s;
    piece.style.left = `${chord.start_s * this.pxPerS}px`;
    piece.style.width = `${Math.max(4, (chord.end_s - chord.start_s) * this.pxPerS - 2)}px`;
    piece.textContent = chord.name;
    piece.setAttribute("aria-selected", "false");
    return piece;
  }

  markChord(current) {
    if (this.marked === current) return;
    this.marked = current;
    for (const piece of this.strip.children) {
      const isNow = piece.id === `chord-${current}`;
      piece.classList.toggle("now", isNow);
      piece.setAttribute("aria-selected", String(isNow));
    }
    const isNamed = Boolean(this.found.chords[current]?.name);
    if (isNamed) this.strip.setAttribute("aria-activedescendant", `chord-${current}`);
    else this.strip.removeAttribute("aria-activedescendant");
  }

  /** Where the chord before or after the one at `position` begins. */
  neighbour(position, step) {
    const { chords } = this.found;
    let index = this.chordAt(position) + step;
    while (chords[index] && !chords[index].name) index += step;
    return chords[index]?.start_s ?? position;
  }

  mark(blocks, current) {
    if (this.part === current && this.markedBlocks === blocks) return;
    [this.part, this.markedBlocks] = [current, blocks];
    blocks.forEach((block, index) => {
      if (index === current) block.setAttribute("aria-current", "true");
      else block.removeAttribute("aria-current");
    });
  }
}

function lastStarted(rows, position) {
  return rows.findLastIndex((one) => one.start_s <= position + 1e-3);
}

/** Parts without a name go by their letter: like letters sound alike. */
function nameOf(part) {
  return part.name ? part.name[0].toUpperCase() + part.name.slice(1) : part.label;
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
