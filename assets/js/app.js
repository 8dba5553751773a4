// The page's one entry: theme before anything paints, then the socket with its hooks.
import { Socket } from "phoenix";
import { LiveSocket } from "phoenix_live_view";
import { Dialog } from "soundforge/hooks/dialog.js";
import { Elapsed } from "soundforge/hooks/elapsed.js";
import { Importer } from "soundforge/hooks/importer.js";
import { PullModel } from "soundforge/hooks/pull_model.js";
import { Select } from "soundforge/hooks/select.js";
import { StemPlayer } from "soundforge/hooks/stem_player.js";
import { Tape } from "soundforge/hooks/tape.js";
import { Theme } from "soundforge/hooks/theme.js";
import { Toast } from "soundforge/hooks/toast.js";
import { Upload } from "soundforge/hooks/upload.js";

const csrfToken = document.querySelector("meta[name=csrf-token]").content;

const liveSocket = new LiveSocket("/live", Socket, {
  hooks: { Dialog, Elapsed, Importer, PullModel, Select, StemPlayer, Tape, Theme, Toast, Upload },
  params: { _csrf_token: csrfToken },
});
liveSocket.connect();

// For the browser's console: liveSocket.enableDebug(), enableLatencySim(ms).
window.liveSocket = liveSocket;
