// A message that leaves by itself, but never while it is being read or used.
const STAYS_MS = 8000;

export const Toast = {
  mounted() {
    this.rest = () => clearTimeout(this.timer);
    this.arm = () => {
      this.rest();
      this.timer = setTimeout(() => this.pushEvent("lv:clear-flash", { key: this.el.dataset.key }), STAYS_MS);
    };
    for (const name of ["mouseenter", "focusin"]) this.el.addEventListener(name, this.rest);
    for (const name of ["mouseleave", "focusout"]) this.el.addEventListener(name, this.arm);
    this.arm();
  },
  updated() {
    this.arm();
  },
  destroyed() {
    this.rest();
  },
};
