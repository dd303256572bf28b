// Stock Yjs providers, unmodified, against the real server. Run by tests/server/js_clients.rs:
//   node clients.mjs ws://127.0.0.1:PORT TOKEN DOCUMENT
// Prints one word a line as it goes: "run?" asks the test to start a run of the seeded nodes `ask` and `out`, whose
// model says "Hello" and waits; "streaming" lets it go on. Ends with status 0 if all went well.

import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const [url, token, name] = process.argv.slice(2);

const until = async (what, done) => {
  const deadline = Date.now() + 20_000;
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`not ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const check = (what, holds) => {
  if (!holds) throw new Error(`wrong: ${what}`);
};

const overWebsocket = (room, doc, withToken = token) =>
  new WebsocketProvider(`${url}/api/yjs`, room, doc, {
    params: { token: withToken },
    WebSocketPolyfill: WebSocket,
    disableBc: true,
  });
const socket = new HocuspocusProviderWebsocket({ url: `${url}/api/sync`, WebSocketPolyfill: WebSocket });
const overHocuspocus = (room, document, withToken = token) => {
  const provider = new HocuspocusProvider({ websocketProvider: socket, name: room, document, token: withToken });
  // A socket that was made by hand is shared: providers are put on it one by one.
  provider.attach();
  return provider;
};

const a = new Y.Doc();
const b = new Y.Doc();
const ya = overWebsocket(name, a);
const hb = overHocuspocus(name, b);
await until("in sync", () => ya.synced && hb.synced);
console.log("synced");

// Both read what the server seeded.
for (const doc of [a, b]) {
  check("title", doc.getMap("meta").get("title") === "Test");
  check("outputs guid", doc.getMap("meta").get("outputs").guid === `${name}/outputs`);
}
check("scope", hb.authorizedScope === "read-write");

// Each sees what the other writes.
const addNote = (doc, id, text) =>
  doc.transact(() => {
    const node = new Y.Map();
    const params = new Y.Map();
    params.set("text", new Y.Text(text));
    for (const [key, value] of Object.entries({ type: "text.note", version: 1, pos: [1.5, 2], params })) {
      node.set(key, value);
    }
    doc.getMap("nodes").set(id, node);
  });
addNote(a, "by-y-websocket", "a 🦀 b");
addNote(b, "by-hocuspocus", "ü");
const notes = ["by-y-websocket", "by-hocuspocus"];
await until("told of both notes", () => [a, b].every((doc) => notes.every((id) => doc.getMap("nodes").has(id))));
const text = (doc, id) => doc.getMap("nodes").get(id).get("params").get("text");
// Between the halves of nothing: an offset counted in UTF-16 units, as browsers do.
text(b, "by-y-websocket").insert(4, "!");
text(a, "by-hocuspocus").delete(0, 1);
await until("equal", () => text(a, "by-y-websocket").toString() === "a 🦀! b" && text(b, "by-hocuspocus").toString() === "");
console.log("edited");

// The provider's own count of what is not saved comes down to nothing.
await until("saved", () => !hb.hasUnsyncedChanges);
console.log("saved");

// Presence crosses over, signed with the login.
ya.awareness.setLocalState({ cursor: [1, 2], user: { name: "somebody else" } });
hb.awareness.setLocalState({ cursor: [3, 4] });
const seen = (provider, client) => provider.awareness.getStates().get(client);
await until("aware", () => seen(hb, a.clientID)?.cursor?.[1] === 2 && seen(ya, b.clientID)?.cursor?.[1] === 4);
check("user", seen(hb, a.clientID).user.name === "ada" && seen(ya, b.clientID).user.name === "ada");
console.log("present");

// The outputs are a real subdocument, in a room of its own, written by the server alone.
const outputsA = a.getMap("meta").get("outputs");
const outputsB = b.getMap("meta").get("outputs");
outputsA.load();
outputsB.load();
const yo = overWebsocket(outputsA.guid, outputsA);
const ho = overHocuspocus(outputsB.guid, outputsB);
await until("in sync with outputs", () => yo.synced && ho.synced);
check("outputs scope", ho.authorizedScope === "readonly");
console.log("run?");
const output = (doc, id) => doc.getMap("nodes").get(id);
const shown = (what, holds) => until(what, () => [outputsA, outputsB].every((doc) => holds((id) => output(doc, id))));
await shown("shown the text as it is written", (of) => of("ask")?.get("text")?.toString() === "Hello");
check("running", [outputsA, outputsB].every((doc) => output(doc, "ask").get("status") === "running"));
console.log("streaming");
await shown("shown the result", (of) => of("out")?.get("status") === "done");
for (const doc of [outputsA, outputsB]) {
  check("result", JSON.stringify(output(doc, "out").get("values")).includes("Hello world"));
}
console.log("outputs");

// A connection that drops comes back by itself with what was done meanwhile.
socket.disconnect();
// Until then the provider takes itself for connected, and connects no more.
await until("off the line", () => socket.status === "disconnected");
addNote(b, "offline", "later");
await socket.connect();
await until("told of the offline note", () => a.getMap("nodes").has("offline"));
await until("saved again", () => hb.synced && !hb.hasUnsyncedChanges);
console.log("reconnected");

// Wrong tokens are told so, before or after the upgrade.
let status;
const refused = new WebsocketProvider(`${url}/api/yjs`, name, new Y.Doc(), {
  params: { token: "wrong" },
  WebSocketPolyfill: class extends WebSocket {
    constructor(...args) {
      super(...args);
      this.on("unexpected-response", (_, response) => {
        status = response.statusCode;
      });
    }
  },
  disableBc: true,
});
await until("refused", () => status !== undefined);
check("status", status === 401);
refused.destroy();
let reason;
const denied = overHocuspocus(`${name}\0second`, new Y.Doc(), "wrong");
denied.on("authenticationFailed", (event) => {
  reason = event.reason;
});
await until("denied", () => reason !== undefined);
check("reason", reason === "unauthorized");
console.log("refused");

for (const provider of [denied, ya, hb, yo, ho]) provider.destroy();
socket.destroy();
console.log("done");
process.exit(0);
