// Stock Yjs providers on two servers of a cluster. Run by tests/server/cluster/js_pair.rs:
//   node pair.mjs ws://SERVER_A ws://SERVER_B TOKEN DOCUMENT
// Prints one word a line as it goes: "kill?" asks the test to kill server A. Ends with status 0 if all went well.

import { HocuspocusProvider, HocuspocusProviderWebsocket } from "@hocuspocus/provider";
import WebSocket from "ws";
import { WebsocketProvider } from "y-websocket";
import * as Y from "yjs";

const [urlA, urlB, token, name] = process.argv.slice(2);

const until = async (what, done) => {
  const deadline = Date.now() + 30_000;
  while (!done()) {
    if (Date.now() > deadline) throw new Error(`not ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const check = (what, holds) => {
  if (!holds) throw new Error(`wrong: ${what}`);
};

const a = new Y.Doc();
const b = new Y.Doc();
const ya = new WebsocketProvider(`${urlA}/api/yjs`, name, a, {
  params: { token },
  WebSocketPolyfill: WebSocket,
  disableBc: true,
});
const socket = new HocuspocusProviderWebsocket({ url: `${urlB}/api/sync`, WebSocketPolyfill: WebSocket });
const hb = new HocuspocusProvider({ websocketProvider: socket, name, document: b, token });
// A socket that was made by hand is shared: providers are put on it one by one.
hb.attach();
await until("in sync", () => ya.synced && hb.synced);
console.log("synced");

// Each sees, over the other server, what the other writes; also into the same text.
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
text(b, "by-y-websocket").insert(4, "!");
text(a, "by-hocuspocus").delete(0, 1);
await until("equal", () => text(a, "by-y-websocket").toString() === "a 🦀! b" && text(b, "by-hocuspocus").toString() === "");
console.log("edited");

await until("saved", () => !hb.hasUnsyncedChanges);
console.log("saved");

// Presence crosses over, signed with the login.
ya.awareness.setLocalState({ cursor: [1, 2], user: { name: "somebody else" } });
hb.awareness.setLocalState({ cursor: [3, 4] });
const seen = (provider, client) => provider.awareness.getStates().get(client);
await until("aware", () => seen(hb, a.clientID)?.cursor?.[1] === 2 && seen(ya, b.clientID)?.cursor?.[1] === 4);
check("user", seen(hb, a.clientID).user.name === "ada");
console.log("present");

console.log("kill?");
await until("told that it is gone", () => seen(hb, a.clientID) === undefined);
console.log("gone");
addNote(b, "after", "later");
await until("saved again", () => !hb.hasUnsyncedChanges);

ya.destroy();
hb.destroy();
socket.destroy();
console.log("done");
process.exit(0);
