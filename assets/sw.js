// Lets a page that was open before be opened again without a connection: keeps the page shell, its files, and the few
// answers without which no workflow can be shown. What the workflow holds is the client's own copy (IndexedDB).
// The network always goes first, except for files whose address never changes what it means.
const version = new URL(location.href).searchParams.get("v") ?? "unversioned";
const SHELL = `openflow-shell-${version}`;
const ANSWERS = "openflow-answers";
const KEPT_ANSWERS = /^\/api\/(me|nodes|workflows\/wf_[0-9a-f]{32})$/;
const LEFT_OUT = /^\/assets\/(samples|templates)\//;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("openflow-shell-") && name !== SHELL);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

// The first page was loaded before this worker was there, and tells what it loaded.
self.addEventListener("message", (event) => {
  const keep = async () => {
    await fromNetwork(SHELL, "/", new Request("/"));
    await Promise.all(event.data.map((address) => answer(new Request(address))));
  };
  event.waitUntil(keep().catch(() => undefined));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method === "POST" && pathname === "/api/auth/logout") {
    event.waitUntil(caches.delete(ANSWERS));
  }
  if (request.method !== "GET") return;
  const ours = request.mode === "navigate" || KEPT_ANSWERS.test(pathname) || isFile(pathname);
  if (ours) event.respondWith(answer(request));
});

function isFile(pathname) {
  return pathname.startsWith("/assets/") && !LEFT_OUT.test(pathname);
}

async function answer(request) {
  const { pathname, searchParams } = new URL(request.url);
  if (request.mode === "navigate") return fromNetwork(SHELL, "/", request);
  if (KEPT_ANSWERS.test(pathname)) return fromNetwork(ANSWERS, pathname, request);
  if (!isFile(pathname)) return fetch(request);
  const kept = searchParams.has("v") && (await (await caches.open(SHELL)).match(request));
  return kept || fromNetwork(SHELL, request, request);
}

// What is kept is for want of an answer, never instead of one: a refusal is an answer too.
async function fromNetwork(name, key, request) {
  let response;
  try {
    response = await fetch(request);
  } catch (error) {
    const kept = await (await caches.open(name)).match(key);
    if (kept) return kept;
    throw error;
  }
  if (response.status === 200) {
    const copy = response.clone();
    const cache = await caches.open(name);
    await cache.put(key, copy).catch(() => undefined);
  }
  return response;
}
