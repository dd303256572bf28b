// Starts the client. A file and not an inline script, so that a page can forbid inline scripts.
import("/assets/openflow.js")
  .then((client) => client.default({ module_or_path: "/assets/openflow_bg.wasm" }))
  .catch((error) => {
    console.error(error);
    const text = document.querySelector("[data-boot-text]");
    text.textContent =
      "OpenFlow could not start in this browser. Reload the page, or try a current version of Firefox, Chrome or Safari.";
  });
