// From one desk to the next of the same song, a version or another separation: what was set stays, and
// what played plays on from the same place.
import { samePlace } from "soundforge/player/timeline.js";

/** What another desk needs to go on from here. */
export function stateOf({ engine, view, timeline, ruler, loops, mixer }) {
  return {
    position: engine.position,
    isRunning: engine.isRunning,
    rate: engine.rate,
    durationS: engine.durationS,
    beats: timeline.found.beats_s,
    labels: timeline.labels,
    transpose: timeline.transpose,
    unit: ruler.unit,
    region: loops.region,
    view: view.isWhole ? null : [view.from, view.until],
    mixer: mixer.settings,
  };
}

/** Be where the desk `before` was: at once by length, by the beats once the timeline is `loaded`. */
export async function takeOver(desk, before, loaded) {
  const { engine, view, timeline, loops } = desk;
  desk.mixer.settings = before.mixer;
  desk.ruler.unit = before.unit;
  engine.rate = before.rate;
  const at = (seconds) =>
    samePlace(seconds, before, { beats: timeline.found.beats_s, durationS: engine.durationS });
  engine.seek(at(before.position));
  desk.showPosition();
  const isRenamed = before.labels !== timeline.labels || before.transpose !== timeline.transpose;
  await (isRenamed ? desk.commands.name({ labels: before.labels, transpose: before.transpose }) : loaded);
  // Who has pressed play meanwhile is not moved.
  if (desk.isGone || engine.state !== "idle") return;
  const { region } = before;
  if (region) loops.set({ ...region, start: at(region.start), end: at(region.end) });
  if (before.view) view.show(at(before.view[0]), at(before.view[1]) - at(before.view[0]));
  desk.commands.goTo(at(before.position));
  if (before.isRunning) engine.play();
}
