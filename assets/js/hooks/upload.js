// Files by drop (anywhere on the page) or by the file picker, each sent as one plain HTTP POST.
//
// Not over the live socket: a plain upload streams to disk, and survives nothing less than the
// page. Its list is the browser's own (phx-update="ignore"); the track card that follows is not.

const ICONS = { waiting: "clock", sending: "file", done: "check", failed: "warn" };
const AT_ONCE = 2;
const DONE_STAYS_MS = 4000;

export const Upload = {
  mounted() {
    this.list = document.getElementById(this.el.dataset.list);
    this.queue = [];
    this.sending = 0;
    this.depth = 0;
    this.aborter = new AbortController();
    const on = (target, name, handler) =>
      target.addEventListener(name, handler.bind(this), { signal: this.aborter.signal });
    on(this.el, "change", this.onPick);
    on(window, "dragenter", this.onEnter);
    on(window, "dragover", this.onOver);
    on(window, "dragleave", this.onLeave);
    on(window, "drop", this.onDrop);
    on(window, "beforeunload", this.onUnload);
  },

  destroyed() {
    this.aborter.abort();
    delete document.documentElement.dataset.dragging;
  },

  onPick(event) {
    if (event.target.type !== "file") return;
    this.add(event.target.files);
    event.target.value = "";
  },

  onEnter(event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.depth += 1;
    document.documentElement.dataset.dragging = "";
  },

  onOver(event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  },

  onLeave(event) {
    if (!carriesFiles(event)) return;
    this.depth = Math.max(0, this.depth - 1);
    if (!this.depth) delete document.documentElement.dataset.dragging;
  },

  onDrop(event) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    this.depth = 0;
    delete document.documentElement.dataset.dragging;
    this.add(event.dataTransfer.files);
  },

  onUnload(event) {
    if (this.sending) event.preventDefault();
  },

  add(files) {
    for (const file of files) this.queue.push(this.row(file));
    this.next();
  },

  next() {
    while (this.sending < AT_ONCE && this.queue.length) this.send(this.queue.shift());
  },

  send(row) {
    const refusal = this.refusal(row.file);
    if (refusal) {
      this.fail(row, refusal);
      return;
    }
    const request = new XMLHttpRequest();
    row.request = request;
    this.sending += 1;
    this.show(row, "sending", "Sending, 0%");
    request.upload.onprogress = (event) => {
      if (!event.lengthComputable) return;
      const percent = Math.floor((event.loaded / event.total) * 100);
      row.bar.style.setProperty("--v", `${percent}%`);
      row.says.textContent = percent < 100 ? `Sending, ${percent}%` : "Sent. The server is checking it…";
    };
    request.onloadend = () => this.ended(row, request);
    request.open("POST", this.el.dataset.url);
    request.setRequestHeader("accept", "application/json");
    const body = new FormData();
    body.append("file", row.file, row.file.name);
    request.send(body);
  },

  ended(row, request) {
    this.sending -= 1;
    if (row.isCancelled) row.item.remove();
    else if (request.status >= 200 && request.status < 300) this.finish(row);
    else this.fail(row, problemOf(request));
    this.next();
  },

  /** What can be said without asking the server. */
  refusal(file) {
    const limit = Number(this.el.dataset.maxBytes);
    if (file.size === 0) return { says: `${file.name} is empty.`, code: "file_empty" };
    if (limit && file.size > limit) {
      const says = `${file.name} is larger than ${Math.floor(limit / 1e6)} MB. Send a shorter or compressed file.`;
      return { says, code: "file_too_large" };
    }
    return null;
  },

  finish(row) {
    this.show(row, "done", "Here. It is on the list below.");
    row.bar.remove();
    row.button.remove();
    setTimeout(() => row.item.remove(), DONE_STAYS_MS);
  },

  fail(row, { says, code }) {
    this.show(row, "failed", says);
    if (code) {
      const small = document.createElement("span");
      small.className = "code";
      small.textContent = ` ${code}`;
      row.says.append(small);
    }
    row.bar.remove();
    row.button.setAttribute("aria-label", `Dismiss ${row.file.name}`);
  },

  cancel(row) {
    row.isCancelled = true;
    this.queue = this.queue.filter((other) => other !== row);
    if (row.request && row.request.readyState !== XMLHttpRequest.DONE) row.request.abort();
    else row.item.remove();
  },

  row(file) {
    const item = document.getElementById("upload-row").content.firstElementChild.cloneNode(true);
    const row = {
      file,
      item,
      bar: item.querySelector("[data-bar]"),
      says: item.querySelector("[data-says]"),
      button: item.querySelector("button"),
      use: item.querySelector("use"),
    };
    item.querySelector("[data-name]").textContent = file.name;
    row.button.setAttribute("aria-label", `Cancel ${file.name}`);
    row.button.addEventListener("click", () => this.cancel(row));
    this.list.append(item);
    this.show(row, "waiting", "Waiting for the file before it.");
    return row;
  },

  show(row, state, says) {
    row.item.dataset.state = state;
    row.says.textContent = says;
    row.use.setAttribute("href", row.use.getAttribute("href").replace(/#.*/, `#${ICONS[state]}`));
  },
};

function carriesFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes("Files");
}

/** RFC 9457 problem JSON as a sentence; anything else is said without guessing. */
function problemOf(request) {
  if (request.status === 0) {
    return { says: "The connection broke before the file was here. Try again.", code: "connection_lost" };
  }
  try {
    const problem = JSON.parse(request.responseText);
    const says = [problem.detail || problem.title, problem.next_step].filter(Boolean).join(" ");
    if (says) return { says, code: problem.code ?? "" };
  } catch {
    // Not JSON: a proxy's page, for one.
  }
  return { says: `The server refused the file (HTTP ${request.status}). Try again later.`, code: "" };
}
