// Fetches and decodes the pieces of every stem, a few seconds each, and keeps only those near the playhead.
//
// A piece is a whole FLAC file cut at the same sample in every stem, so pieces joined end to end are
// the whole stem, without a gap; in 16 bits, where the file to take away has 24.

const TRIES = 4;
const FIRST_PAUSE_MS = 400;

/** Why a piece could not be had. `kind` is "gone", "denied", "network" or "decode". */
export class ChunkError extends Error {
  constructor(kind, message) {
    super(message);
    this.kind = kind;
  }
}

export class ChunkStore {
  /**
   * @param {BaseAudioContext} context Decodes, and resamples to its own rate.
   * @param {{id: string, label: string, chunksUrl: string}[]} stems
   */
  constructor(context, stems) {
    this.context = context;
    this.stems = stems;
    this.pieces = new Map();
  }

  /** All stems of piece `index`, or none: a piece that plays in three stems of four is a wrong mix. */
  all(index) {
    return Promise.all(this.stems.map((stem) => this.one(stem, index)));
  }

  one(stem, index) {
    const key = `${index}:${stem.id}`;
    let piece = this.pieces.get(key);
    if (!piece) {
      piece = this.load(stem, index);
      piece.catch(() => this.pieces.delete(key));
      this.pieces.set(key, piece);
    }
    return piece;
  }

  async load(stem, index) {
    const bytes = await fetchWithRetries(`${stem.chunksUrl}/${index}`, stem.label);
    try {
      return await this.context.decodeAudioData(bytes);
    } catch {
      throw new ChunkError("decode", `This browser could not decode the ${stem.label} stem.`);
    }
  }

  /** Forget what lies outside `first..last`; decoded sound is 0.35 MB a second. */
  keep(first, last) {
    for (const key of this.pieces.keys()) {
      const index = Number.parseInt(key, 10);
      if (index < first || index > last) this.pieces.delete(key);
    }
  }
}

async function fetchWithRetries(url, label) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchOnce(url, label);
    } catch (error) {
      if (error.kind !== "network" || attempt === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
  }
}

async function fetchOnce(url, label) {
  let answer;
  try {
    answer = await fetch(url, { credentials: "same-origin" });
    if (answer.ok) return await answer.arrayBuffer();
  } catch {
    throw new ChunkError("network", "The server does not answer. Press play to try again.");
  }
  if (answer.status === 401 || answer.status === 403) {
    throw new ChunkError("denied", "The server no longer lets this page play. Reload it.");
  }
  if (answer.status === 404 || answer.status === 410) {
    throw new ChunkError("gone", `The ${label} stem is no longer there. Reload the page.`);
  }
  throw new ChunkError("network", `The server answered ${answer.status}. Press play to try again.`);
}
