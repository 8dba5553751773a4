// A native dialog: data-opens="id" on any button opens it, data-closes inside it closes it.
// Open is a state of the browser alone, so the server's patches must not touch the attribute.
export const Dialog = {
  mounted() {
    this.onClick = (event) => {
      if (event.target.closest?.(`[data-opens="${this.el.id}"]`)) this.el.showModal();
      if (this.el.contains(event.target) && event.target.closest("[data-closes]")) this.el.close();
    };
    document.addEventListener("click", this.onClick);
  },
  beforeUpdate() {
    this.wasOpen = this.el.open;
  },
  updated() {
    if (this.wasOpen && !this.el.open) this.el.showModal();
  },
  destroyed() {
    document.removeEventListener("click", this.onClick);
  },
};
