// Several tracks at once. What is selected is what is checked in the list: a row that goes takes
// its check along. Shift selects from the last one to this one; Escape selects nothing.
const CHECK = "input[data-pick]";

export const Select = {
  mounted() {
    this.list = document.getElementById(this.el.dataset.list);
    this.part = (name) => this.el.querySelector(`[data-${name}]`);
    this.checks = () => [...this.list.querySelectorAll(CHECK)];
    this.onClick = (event) => this.click(event);
    this.onKey = (event) => this.key(event);
    this.onSubmit = (event) => this.submit(event);
    document.addEventListener("click", this.onClick);
    document.addEventListener("keydown", this.onKey);
    this.el.addEventListener("submit", this.onSubmit);
    this.observer = new MutationObserver(() => this.show());
    this.observer.observe(this.list, { childList: true });
    this.handleEvent("select", ({ ids }) => {
      const wanted = new Set(ids);
      for (const check of this.checks()) check.checked = wanted.has(check.value);
      this.show();
    });
    this.show();
  },

  destroyed() {
    document.removeEventListener("click", this.onClick);
    document.removeEventListener("keydown", this.onKey);
    this.observer.disconnect();
  },

  click(event) {
    const target = event.target;
    if (target.matches?.(CHECK)) return this.pick(target, event.shiftKey);
    if (target.closest?.("[data-all]")) return this.all(true);
    if (target.closest?.("[data-clear]")) return this.all(false);
  },

  key(event) {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    if (this.picked().length) this.all(false);
  },

  pick(check, isRange) {
    const checks = this.checks();
    const from = checks.indexOf(this.last);
    const to = checks.indexOf(check);
    if (isRange && from >= 0) {
      const [first, last] = from < to ? [from, to] : [to, from];
      for (const other of checks.slice(first, last + 1)) other.checked = check.checked;
    }
    this.last = check;
    this.show();
  },

  all(isChecked) {
    const hadFocus = this.el.contains(document.activeElement);
    for (const check of this.checks()) check.checked = isChecked;
    this.last = null;
    // The bar goes: the keyboard must not fall back to the top of the page.
    if (!isChecked && hadFocus) this.checks()[0]?.focus();
    this.show();
  },

  submit(event) {
    event.preventDefault();
    const ids = this.picked().map((check) => check.value);
    if (!ids.length) return;
    this.pushEvent("separate", { ids, model: this.el.elements.model.value });
    this.all(false);
  },

  picked() {
    return this.checks().filter((check) => check.checked);
  },

  show() {
    const count = this.picked().length;
    this.el.hidden = count === 0;
    this.list.classList.toggle("picking", count > 0);
    const tracks = count === 1 ? "1 track" : `${count} tracks`;
    this.part("count").textContent = `${count} selected`;
    this.part("go").textContent = `Separate ${tracks}`;
  },
};
