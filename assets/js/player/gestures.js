// What a pointer says on the lanes: a press puts the playhead there, a drag of the mouse is a loop, a
// drag of a finger or a wheel moves the view, two fingers or a wheel with Ctrl zoom.
const MOVED_PX = 5;
const EDGE_PX = 6;
const WHEEL = 0.002;
const PINCH_WHEEL = 0.01; // what a touchpad sends for two fingers comes in small steps

export class Gestures {
  /**
   * @param {HTMLElement} area Takes the wheel; what can be pressed in it has data-seekable.
   * @param {HTMLElement} box As wide as the lanes.
   * @param {View} view
   * @param {object} does `seek(s)`, `select(from, until)` while dragged, `selected(from, until)`,
   *   `loop()` gives the region in force or null, `head()` the playhead.
   * @param {AbortSignal} signal Ends it all.
   */
  constructor(area, box, view, does, signal) {
    Object.assign(this, { box, view, does });
    this.fingers = new Map();
    this.drag = null;
    const on = (name, handler, options = {}) => area.addEventListener(name, handler.bind(this), { signal, ...options });
    on("pointerdown", this.onDown);
    on("pointermove", this.onMove);
    on("pointerup", this.onUp);
    on("pointercancel", this.onCancel);
    on("wheel", this.onWheel, { passive: false });
  }

  secondsAt(clientX) {
    const { left, width } = this.box.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (clientX - left) / width));
    return this.view.from + share * this.view.span;
  }

  /** Seconds of a pixel. */
  get scale() {
    return this.view.span / this.box.clientWidth;
  }

  onDown(event) {
    const lane = event.target.closest("[data-seekable]");
    if (!lane || event.button !== 0) return;
    if (event.pointerType === "touch") {
      this.fingers.set(event.pointerId, event.clientX);
      this.pinch = this.fingers.size === 2 ? this.spread() : null;
    }
    const edge = event.pointerType === "touch" ? null : this.edgeAt(event.clientX);
    this.drag = { id: event.pointerId, x: event.clientX, isMoved: false, anchor: edge?.other ?? this.secondsAt(event.clientX), isEdge: Boolean(edge) };
    lane.setPointerCapture(event.pointerId);
  }

  onMove(event) {
    if (!this.drag) return this.showEdge(event);
    if (this.pinch && this.fingers.has(event.pointerId)) return this.onPinch(event);
    if (event.pointerId !== this.drag.id) return undefined;
    const movedPx = event.clientX - this.drag.x;
    if (!this.drag.isMoved && Math.abs(movedPx) < MOVED_PX) return undefined;
    this.drag.isMoved = true;
    if (event.pointerType === "touch") {
      this.drag.x = event.clientX;
      return this.view.pan(-movedPx * this.scale, this.does.head());
    }
    return this.does.select(...this.selection(this.drag, event.clientX));
  }

  onUp(event) {
    const drag = this.drag;
    this.fingers.delete(event.pointerId);
    if (!drag || event.pointerId !== drag.id) return;
    this.drag = null;
    if (this.pinch) this.pinch = null;
    else if (!drag.isMoved && !drag.isEdge) this.does.seek(this.secondsAt(event.clientX));
    else if (drag.isMoved && event.pointerType !== "touch") this.does.selected(...this.selection(drag, event.clientX));
  }

  onCancel(event) {
    this.fingers.delete(event.pointerId);
    if (this.drag?.id !== event.pointerId) return;
    if (this.drag.isMoved && event.pointerType !== "touch") this.does.selected(null);
    this.drag = this.pinch = null;
  }

  onPinch(event) {
    this.fingers.set(event.pointerId, event.clientX);
    const now = this.spread();
    const anchor = this.secondsAt(this.pinch.middle);
    this.view.zoom(this.pinch.px / now.px, anchor);
    this.view.pan((this.pinch.middle - now.middle) * this.scale, this.does.head());
    this.pinch = now;
    this.drag.isMoved = true;
  }

  onWheel(event) {
    const { view } = this;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const pixels = event.deltaMode ? event.deltaY * 33 : event.deltaY;
      const speed = Math.abs(pixels) < 40 ? PINCH_WHEEL : WHEEL;
      view.zoom(Math.exp(pixels * speed), this.secondsAt(event.clientX));
    } else if (!view.isWhole && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
      event.preventDefault();
      view.pan((event.deltaX || event.deltaY) * this.scale, this.does.head());
    }
  }

  selection({ anchor }, clientX) {
    const here = this.secondsAt(clientX);
    return [Math.min(anchor, here), Math.max(anchor, here)];
  }

  spread() {
    const [a, b] = this.fingers.values();
    return { px: Math.max(20, Math.abs(a - b)), middle: (a + b) / 2 };
  }

  /** The edge of the loop under the pointer: it can be moved; the other one stays. */
  edgeAt(clientX) {
    const loop = this.does.loop();
    if (!loop) return null;
    const isNear = (seconds) => Math.abs((this.secondsAt(clientX) - seconds) / this.scale) <= EDGE_PX;
    if (isNear(loop.end)) return { other: loop.start };
    return isNear(loop.start) ? { other: loop.end } : null;
  }

  showEdge(event) {
    const lane = event.target.closest("[data-seekable]");
    if (lane && event.pointerType !== "touch") lane.classList.toggle("at-edge", Boolean(this.edgeAt(event.clientX)));
  }
}
