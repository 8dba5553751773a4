// The line for a link. The browser owns a focused field, so emptying it after an import is ours.
export const Importer = {
  mounted() {
    this.handleEvent("imported", () => {
      const field = this.el.querySelector("input[name=link]");
      field.value = "";
    });
  },
};
