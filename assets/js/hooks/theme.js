// A button that walks through system, light and dark; the choice stays in this browser.
const NEXT = { system: "light", light: "dark", dark: "system" };
const SAYS = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };
const ICON = { system: "screen", light: "sun", dark: "moon" };

function stored() {
  try {
    return localStorage.getItem("sfa:theme") ?? "system";
  } catch {
    return "system";
  }
}

function store(choice) {
  try {
    localStorage.setItem("sfa:theme", choice);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export const Theme = {
  mounted() {
    this.choice = stored() in NEXT ? stored() : "system";
    this.onClick = () => this.choose(NEXT[this.choice]);
    this.el.addEventListener("click", this.onClick);
    this.show();
  },
  updated() {
    this.show();
  },
  destroyed() {
    this.el.removeEventListener("click", this.onClick);
  },
  choose(choice) {
    this.choice = choice;
    store(choice);
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
    this.show();
    window.dispatchEvent(new CustomEvent("sfa:theme"));
  },
  show() {
    const label = this.el.querySelector("[data-label]");
    if (label) label.textContent = SAYS[this.choice];
    this.el.setAttribute("aria-label", SAYS[this.choice]);
    this.el.title = SAYS[this.choice];
    const use = this.el.querySelector("use");
    if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${ICON[this.choice]}`));
  },
};
