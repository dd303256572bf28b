// Before anything is painted: the theme that was chosen, or the system's. See client/src/dom/theme.rs.
let theme = null;
try {
  theme = localStorage.getItem("openflow.theme");
} catch {
  // No storage: the system decides.
}
const light = theme === "light" || (theme !== "dark" && matchMedia("(prefers-color-scheme: light)").matches);
document.documentElement.dataset.theme = light ? "light" : "dark";

// Lets the page be opened again without a connection. Not in every browser, nor without TLS elsewhere than here.
navigator.serviceWorker?.register("/assets/sw.js", { scope: "/" }).catch(() => undefined);
navigator.serviceWorker?.ready.then(({ active }) => {
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  active.postMessage(loaded.filter((address) => address.startsWith(location.origin)));
});

// Starts the client. A file and not an inline script, so that a page can forbid inline scripts.
import("/assets/openflow.js")
  .then((client) => client.default({ module_or_path: "/assets/openflow_bg.wasm" }))
  .catch((error) => {
    console.error(error);
    const text = document.querySelector("[data-boot-text]");
    text.textContent =
      "OpenFlow could not start in this browser. Reload the page, or try a current version of Firefox, Chrome or Safari.";
  });
