// The official npm client `phoenix`, as vendored, against a running server. One scenario per run:
//   node channels_client.mjs URL SCENARIO
// Prints one JSON object. Node 20 has no WebSocket of its own: `ws` stands in.
import WS from "ws";
import { Socket, LongPoll } from "../../../assets/vendor/phoenix/phoenix.mjs";

const [url, scenario] = process.argv.slice(2);
const wsUrl = url.replace("http", "ws") + "/socket";
const answer = push => new Promise(resolve => push
  .receive("ok", response => resolve(["ok", response]))
  .receive("error", response => resolve(["error", response]))
  .receive("timeout", () => resolve(["timeout"])));
const until = async (what, limitMs = 15000) => {
  const end = Date.now() + limitMs;
  while (!what()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};
const publish = (topic, event, ...each) =>
  fetch(url + "/publish", { method: "POST", body: JSON.stringify({ topic, event, each }) });
const numbers = count => Array.from({ length: count }, (_, n) => n);
const connect = (options = {}) => {
  const socket = new Socket(wsUrl, { transport: WS, authToken: "ann", ...options });
  socket.connect();
  return socket;
};
const bytes = buffer => [...new Uint8Array(buffer)];

const scenarios = {
  async conversation(options) {
    const socket = connect(options);
    const job = socket.channel("jobs:42", { hello: "wörld" });
    const heard = [];
    for (const event of ["job:progress", "job:completed", "raw"])
      job.on(event, p => heard.push([event, p instanceof ArrayBuffer ? bytes(p) : p]));
    const out = { join: await answer(job.join()) };
    out.ping = await answer(job.push("ping", { n: 1 }));
    out.unknown = await answer(job.push("nope", {}));
    out.refused = await answer(job.push("refuse", {}));
    out.binarySize = await answer(job.push("size", new Uint8Array([1, 2, 3]).buffer));
    const [status, echoed] = await answer(job.push("echo", new Uint8Array([7, 0, 255]).buffer));
    out.binaryReply = [status, echoed instanceof ArrayBuffer ? bytes(echoed) : echoed];
    await answer(job.push("raw", {}));
    await publish("jobs:42", "job:completed", { job_id: "42" });
    await until(() => heard.some(([event]) => event === "job:completed"));
    out.heard = heard;
    const forbidden = socket.channel("jobs:forbidden");
    out.forbidden = await answer(forbidden.join());
    forbidden.leave();
    const stranger = socket.channel("other:1");
    out.stranger = await answer(stranger.join());
    stranger.leave();
    let closed = 0;
    job.onClose(() => closed++);
    out.leave = await answer(job.leave());
    out.closed = closed;
    // The client calls that "ok" before the server has heard of it.
    const subscribers = () => publish("jobs:42", "job:completed").then(r => r.json());
    while ((await subscribers()).subscribers > 0);
    return out;
  },

  longpoll: () => scenarios.conversation({ transport: LongPoll }),

  async burst() {
    const socket = connect();
    const job = socket.channel("jobs:1");
    const seen = [];
    job.on("job:progress", p => seen.push(p.progress));
    await answer(job.join());
    await answer(job.push("burst", { count: 200 }));
    await until(() => seen.length === 200);
    return { inOrder: seen.every((n, i) => n === i) };
  },

  async heartbeat() {
    let beats = 0;
    const socket = connect({ heartbeatIntervalMs: 50 });
    socket.onMessage(m => { if (m.topic === "phoenix") beats++; return m; });
    await until(() => beats >= 3);
    return { beats: beats >= 3, open: socket.isConnected() };
  },

  async crash() {
    const socket = connect();
    const job = socket.channel("jobs:1"), other = socket.channel("jobs:2");
    let errors = 0, otherErrors = 0;
    job.onError(() => errors++);
    other.onError(() => otherErrors++);
    await answer(job.join());
    await answer(other.join());
    job.push("crash", {});
    await until(() => errors === 1);
    const otherPing = await answer(other.push("ping", {}));
    await until(() => job.state === "joined");
    return { otherErrors, otherPing, ping: await answer(job.push("ping", { again: 1 })) };
  },

  async rejoin() {
    const socket = connect();
    const job = socket.channel("jobs:1");
    await answer(job.join());
    let code = null;
    socket.onClose(event => { code = code ?? event.code; });
    console.error("joined");
    await until(() => code !== null && socket.isConnected() && job.state === "joined", 30000);
    return { code, ping: await answer(job.push("ping", {})) };
  },

  async duplicate() {
    const socket = connect();
    const first = socket.channel("jobs:1");
    await answer(first.join());
    const frames = [];
    socket.onMessage(m => { frames.push([m.event, m.join_ref]); return m; });
    const ref = socket.makeRef();
    socket.push({ topic: "jobs:1", event: "phx_join", payload: {}, ref, join_ref: ref });
    await until(() => frames.length >= 2);
    return { frames, oldRef: first.joinRef(), ref };
  },

  async refused() {
    let failures = 0, opened = 0;
    const socket = connect({ authToken: "bad" });
    socket.onError(() => failures++);
    socket.onOpen(() => opened++);
    await until(() => failures >= 2);
    return { opened };
  },

  async overflow() {
    const socket = connect();
    const job = socket.channel("jobs:1");
    let errors = 0;
    job.onError(() => errors++);
    await answer(job.join());
    job.push("slow", { s: 5 });
    await publish("jobs:1", "note", ...numbers(100).map(n => ({ n })));
    await until(() => errors === 1);
    await until(() => job.state === "joined");
    return { ping: await answer(job.push("ping", {})) };
  },

  async merging() {
    const socket = connect();
    const job = socket.channel("jobs:1");
    const seen = [];
    job.on("job:progress", p => seen.push(p.progress));
    job.on("note", () => seen.push("note"));
    await answer(job.join());
    const slow = answer(job.push("slow", { s: 1 }));
    await publish("jobs:1", "job:progress", ...numbers(100).map(n => ({ job_id: "1", progress: n })));
    await publish("jobs:1", "note", {});
    await slow;
    await until(() => seen.includes("note"));
    return { seen };
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
process.exit(0);
