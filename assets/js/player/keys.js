// The keys of the desk. Where somebody types they are letters; on a button only space, enter and the
// arrows keep their own meaning.
const FIELDS = "input:not([type=range], [type=checkbox]), textarea, select, dialog, [contenteditable]";
const CONTROLS = "input, button, a, summary";

/** What a key asks of the desk: the name of a doing and its argument; null for nothing. */
export function doingOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(FIELDS)) return null;
  const plain = PLAIN[event.key];
  if (plain && !event.target.closest?.(CONTROLS)) return plain;
  if (/^[1-9]$/.test(event.key)) return ["goToNumber", Number(event.key) - 1];
  return ANYWHERE[event.key.toLowerCase()] ?? null;
}

const STEP_S = 5;
const ZOOM = 1.6;
const PLAIN = {
  " ": ["toggle"],
  ArrowLeft: ["step", -STEP_S],
  ArrowRight: ["step", STEP_S],
  Home: ["goTo", 0],
};
const ANYWHERE = {
  l: ["toggleLoop"],
  i: ["beginLoop"],
  o: ["endLoop"],
  ",": ["goBeside", -1],
  ".": ["goBeside", 1],
  "+": ["zoom", 1 / ZOOM],
  "=": ["zoom", 1 / ZOOM],
  "-": ["zoom", ZOOM],
  0: ["zoom", Infinity],
};
