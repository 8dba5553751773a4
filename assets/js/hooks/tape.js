// Hear another tempo at once: the stems on the desk run faster or slower, and so does their pitch.
//
// The button is phx-update="ignore": whether it is pressed is known here alone; the server only says
// by data-rate how fast.
export const Tape = {
  mounted() {
    this.el.addEventListener("click", () => {
      this.el.setAttribute("aria-pressed", String(!this.isOn()));
      this.apply();
    });
  },

  updated() {
    if (this.isOn()) this.apply();
  },

  destroyed() {
    this.el.setAttribute("aria-pressed", "false");
    this.apply();
  },

  isOn() {
    return this.el.getAttribute("aria-pressed") === "true";
  },

  apply() {
    const rate = this.isOn() ? Number(this.el.dataset.rate) : 1;
    const engine = document.querySelector(".player")?.engine;
    if (engine && engine.rate !== rate) engine.setRate(rate);
    this.el.textContent = this.isOn() ? "Back to the recorded tempo" : "Try the tempo now";
  },
};
