// Starts the client. A file and not an inline script, so that a page can forbid inline scripts.
import init from "/assets/openflow.js";

init({ module_or_path: "/assets/openflow_bg.wasm" }).catch((error) => {
  console.error(error);
  const text = document.querySelector("[data-boot-text]");
  if (text) {
    text.textContent = "OpenFlow could not start in this browser. Reload the page, or try a current version of Firefox, Chrome or Safari.";
  }
});
