/** Says on the help page what this very browser can do here. */

const line = document.getElementById("this-browser");
if (line !== null) {
  const missing = [];
  if (!window.isSecureContext) missing.push("this page is not served over HTTPS");
  if (!("VideoDecoder" in window)) missing.push("WebCodecs (VideoDecoder) is missing");
  if (window.crypto?.subtle === undefined) missing.push("Web Crypto is missing");
  line.textContent =
    missing.length === 0
      ? "Your browser, on this page, can decode frames itself and prove them."
      : `Your browser, on this page, is shown pictures from the server: ${missing.join("; ")}.`;
  line.className = "notice";
  line.hidden = false;
}
