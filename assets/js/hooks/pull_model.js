// Fetches a model's weights: one long HTTP request, so that the page stays free meanwhile.
// Where the licence is asked about, its dialog lies inside the element and holds the button that says yes.
export const PullModel = {
  mounted() {
    this.onClick = (event) => {
      const button = event.target.closest("[data-pulls]");
      if (button) this.pull(button.dataset.pulls === "accepted");
    };
    this.el.addEventListener("click", this.onClick);
  },
  destroyed() {
    this.el.removeEventListener("click", this.onClick);
  },
  async pull(isAccepted) {
    const button = this.el.querySelector("button");
    const says = this.el.querySelector("[role=status]");
    if (button.disabled) return;
    const consent = isAccepted ? "?accept_licence=true" : "";
    button.disabled = true;
    says.textContent = "Fetching… This page may be left; the server goes on.";
    try {
      const answer = await fetch(`/api/v1/models/${this.el.dataset.name}/pull${consent}`, {
        method: "POST",
        headers: { accept: "application/json" },
      });
      if (answer.ok) {
        this.pushEvent("pulled", {});
        return;
      }
      const problem = await answer.json();
      says.textContent = [problem.detail, problem.next_step, problem.code].filter(Boolean).join(" ");
    } catch {
      says.textContent = "The server did not answer. Try again.";
    }
    button.disabled = false;
  },
};
