// The labels of cue points, side by side: where cue points lie close together the labels move over,
// the lines stay where they are.

/**
 * Move the label in each flag as far as it must.
 *
 * @param {HTMLElement[]} flags In the order of time; each holds its label.
 * @param {number} pxPerS How far the lanes are zoomed.
 * @param {number} durationS The labels end where the song does.
 */
export function spread(flags, pxPerS, durationS) {
  const widths = flags.map((flag) => flag.firstElementChild.offsetWidth + GAP_PX);
  const own = flags.map((flag) => Number(flag.dataset.startS) * pxPerS + flag.clientLeft);
  const lefts = sideBySide(own, widths, durationS * pxPerS);
  flags.forEach((flag, index) => flag.style.setProperty("--nudge", `${lefts[index] - own[index]}px`));
}

const GAP_PX = 2;

/** Where things of `widths` lie that want to lie at `own`, ascending, and may not lie on each other. */
function sideBySide(own, widths, end) {
  const lefts = [];
  let free = 0;
  own.forEach((at, index) => {
    lefts.push(Math.max(at, free));
    free = lefts[index] + widths[index];
  });
  let limit = end;
  for (let index = lefts.length - 1; index >= 0; index -= 1) {
    lefts[index] = Math.min(lefts[index], limit - widths[index]);
    limit = lefts[index];
  }
  return lefts;
}
