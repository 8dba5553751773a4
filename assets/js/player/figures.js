// Numbers of the desk as people read them.

/** `1:02.5`, `1:02:03.5`. */
export function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** `1:02`. */
export function wholeSeconds(seconds) {
  return clock(Math.floor(seconds)).replace(/\.\d$/, "");
}

/** A fader's 0..100 as a gain: 80 is 0 dB, 100 is +6 dB, 0 is silence; 0.6 dB a step between. */
export function gainOf(value) {
  return value <= 0 ? 0 : 10 ** (decibelsOf(value) / 20);
}

export function decibels(value) {
  if (value <= 0) return "off";
  const db = decibelsOf(value);
  return `${db < 0 ? "−" : ""}${Math.abs(db).toFixed(1)} dB`;
}

function decibelsOf(value) {
  return value >= 80 ? (value - 80) * 0.3 : (value - 80) * 0.6;
}
