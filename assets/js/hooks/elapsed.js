// Counts up from data-since (ISO 8601) once a second, so that the server need not.
export function spoken(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${String(s % 60).padStart(2, "0")} s`;
  return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
}

export const Elapsed = {
  mounted() {
    this.tick();
    this.timer = setInterval(() => this.tick(), 1000);
  },
  updated() {
    this.tick();
  },
  destroyed() {
    clearInterval(this.timer);
  },
  tick() {
    const since = Date.parse(this.el.dataset.since);
    if (Number.isNaN(since)) return;
    this.el.textContent = spoken((Date.now() - since) / 1000);
  },
};
