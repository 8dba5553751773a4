// The official npm client `phoenix`, as vendored, following real jobs. One scenario per run:
//   node job_client.mjs URL SCENARIO ARGUMENT… ; prints one JSON object.
import { createRequire } from "node:module";
import { Socket } from "../../../../assets/vendor/phoenix/phoenix.mjs";

const WS = createRequire(new URL("../../live/package.json", import.meta.url))("ws");
const [url, scenario, ...rest] = process.argv.slice(2);
const wsUrl = url.replace("http", "ws") + "/socket";
const EVENTS = ["job:progress", "job:completed", "job:failed", "pipeline:progress", "pipeline:complete"];

const answer = push => new Promise(resolve => push
  .receive("ok", response => resolve(["ok", response]))
  .receive("error", response => resolve(["error", response]))
  .receive("timeout", () => resolve(["timeout"])));
const until = async (what, limitMs = 60000) => {
  const end = Date.now() + limitMs;
  while (!what()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
};
const connect = () => {
  const socket = new Socket(wsUrl, { transport: WS });
  socket.connect();
  return socket;
};
const follow = async (socket, topic) => {
  const channel = socket.channel(topic);
  const heard = [];
  for (const event of EVENTS) channel.on(event, payload => heard.push([event, payload]));
  const join = await answer(channel.join());
  if (join[0] !== "ok") channel.leave();
  return { channel, heard, join };
};
const post = (path, body) => fetch(url + path, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
}).then(response => response.json());

const scenarios = {
  // Runs a stage of a track anew and follows the job until the pipeline is complete.
  async watch(trackId, stage, last) {
    const started = await post(`/api/v1/tracks/${trackId}/jobs`, { stage });
    const socket = connect();
    const { heard, join, channel } = await follow(socket, `jobs:${started.data.id}`);
    const ping = await answer(channel.push("ping", {}));
    const unknown = await answer(channel.push("nope", {}));
    await until(() => heard.some(([event]) => event === last));
    return { join, ping, unknown, heard };
  },

  async import(link, last) {
    const imported = await post("/api/v1/imports", { url: link });
    const track = [...imported.data.added, ...imported.data.existing][0];
    const socket = connect();
    const { heard, join } = await follow(socket, `jobs:${track.jobs[0].id}`);
    await until(() => join[1].status === "failed" || heard.some(([event]) => event === last));
    return { join, heard };
  },

  async joins(...topics) {
    const socket = connect();
    const joins = {};
    for (const topic of topics) joins[topic] = (await follow(socket, topic)).join;
    return joins;
  },

  // Says "joined", waits for the server to go and come back, and is joined again.
  async rejoin(jobId) {
    const socket = connect();
    const { channel } = await follow(socket, `jobs:${jobId}`);
    let code = null;
    socket.onClose(event => { code = code ?? event.code; });
    console.error("joined");
    await until(() => code !== null && socket.isConnected() && channel.state === "joined");
    return { code, ping: await answer(channel.push("ping", {})) };
  },
};

console.log(JSON.stringify(await scenarios[scenario](...rest)));
process.exit(0);
