// Fetches a model's weights: one long HTTP request, so that the page stays free meanwhile.
// The licence stands beside the button: pressing it is the consent.
export const PullModel = {
  mounted() {
    this.onClick = (event) => {
      if (event.target.closest("button")) this.pull();
    };
    this.el.addEventListener("click", this.onClick);
  },
  destroyed() {
    this.el.removeEventListener("click", this.onClick);
  },
  async pull() {
    const button = this.el.querySelector("button");
    const says = this.el.querySelector("[role=status]");
    if (button.disabled) return;
    button.disabled = true;
    says.textContent = "Fetching… This page may be left; the server goes on.";
    try {
      const answer = await fetch(`/api/v1/models/${this.el.dataset.name}/pull?accept_licence=true`, {
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
