/** Copies the sign-in link on the page of users, which is shown only once. */
import { copyAndSay } from "./shared/view/copy.js";

const button = document.getElementById("copy-link");
button?.addEventListener("click", () => {
  const said = document.getElementById("copy-said");
  void copyAndSay(document.getElementById("signin-link")?.textContent ?? "", (sentence) => {
    if (said !== null) said.textContent = sentence;
  });
});
