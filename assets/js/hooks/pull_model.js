// Fetches a model's weights: begins it, then asks once a second how far it is. The server goes on when
// the page is left, and a page that comes back finds the fetch again (data-fetching).
// Where the licence is asked about, its dialog lies inside the element and holds the button that says yes.
const EVERY_MS = 1000;

export const PullModel = {
  mounted() {
    this.url = `/api/v1/models/${this.el.dataset.name}/pull`;
    this.onClick = (event) => {
      const fetch = event.target.closest("[data-pulls]");
      if (fetch) this.pull(fetch.dataset.pulls === "accepted");
      if (event.target.closest("[data-cancels]")) this.cancel();
    };
    this.el.addEventListener("click", this.onClick);
    if ("fetching" in this.el.dataset) this.follow();
  },
  // The server's patches know nothing of how far it is.
  updated() {
    this.show();
  },
  destroyed() {
    clearTimeout(this.timer);
    this.isGone = true;
    this.el.removeEventListener("click", this.onClick);
  },

  async pull(isAccepted) {
    if (this.fetching) return;
    this.fetching = { fraction: 0 };
    this.show("Fetching… This page may be left; the server goes on.");
    const consent = isAccepted ? "&accept_licence=true" : "";
    if (await this.ask(`${this.url}?wait=false${consent}`, "POST")) this.follow();
  },
  async cancel() {
    await this.ask(this.url, "DELETE");
  },
  async follow() {
    const models = await this.ask("/api/v1/models");
    if (!models || this.isGone) return;
    const model = models.find((one) => one.name === this.el.dataset.name);
    this.fetching = model.is_installed ? undefined : model.fetching;
    if (model.is_installed) this.pushEvent("pulled", {});
    else if (this.fetching) this.timer = setTimeout(() => this.follow(), EVERY_MS);
    this.show(this.fetching ? undefined : words(model));
  },
  // Returns what the server answers; says why when it refuses, and returns nothing.
  async ask(url, method = "GET") {
    let problem = { detail: "The server did not answer. Try again." };
    try {
      const answer = await fetch(url, { method, headers: { accept: "application/json" } });
      const body = await answer.json();
      if (answer.ok) return body.data;
      problem = body;
    } catch {
      // Said below.
    }
    this.fetching = undefined;
    this.show(sentences(problem.detail, problem.next_step, problem.code));
  },

  // Draws how far it is. `said` is read aloud, so it is set when something happens, not every second.
  show(said) {
    const part = (name) => this.el.querySelector(name);
    const { fraction, message, received_bytes, total_bytes } = this.fetching ?? {};
    part("[data-opens], button[data-pulls]:not([data-closes])").hidden = Boolean(this.fetching);
    part("[data-cancels]").hidden = !this.fetching;
    const bar = part("[role=progressbar]");
    bar.hidden = !this.fetching;
    bar.setAttribute("aria-valuenow", Math.round(100 * (fraction ?? 0)));
    bar.firstElementChild.style.setProperty("--v", `${100 * (fraction ?? 0)}%`);
    part("[data-figures]").textContent = total_bytes
      ? `${Math.round(received_bytes / 1e6)} of ${Math.round(total_bytes / 1e6)} MB`
      : (message ?? "");
    if (said !== undefined) part("[role=status]").textContent = said;
  },
};

function words(model) {
  const error = model.fetch_error;
  if (model.is_installed) return "";
  return error ? sentences(error.message, error.next_step, error.code) : "Cancelled.";
}

function sentences(...all) {
  return all.filter(Boolean).join(" ");
}
