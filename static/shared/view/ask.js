/** Questions in a dialog: a confirmation, or a line of text. */

/**
 * @param {{title: string, lines: string[], button: string, danger?: boolean}} question
 * @returns {Promise<boolean>}
 */
export async function confirm({ title, lines, button, danger = false }) {
  const { dialog, body } = build(title, button, danger);
  for (const line of lines) body.append(Object.assign(document.createElement("p"), { textContent: line }));
  return (await closed(dialog)) === "yes";
}

/**
 * @param {{title: string, label: string, value: string, button: string, maxLength: number}} question
 * @returns {Promise<string | null>}
 */
export async function askText({ title, label, value, button, maxLength }) {
  const { dialog, body } = build(title, button, false);
  const field = Object.assign(document.createElement("label"), { className: "field" });
  field.append(Object.assign(document.createElement("span"), { className: "small strong", textContent: label }));
  const input = Object.assign(document.createElement("input"), { className: "input", value, maxLength, required: true });
  field.append(input);
  body.append(field);
  const answer = closed(dialog);
  input.select();
  return (await answer) === "yes" ? input.value : null;
}

/**
 * @param {string} title
 * @param {string} button
 * @param {boolean} danger
 */
function build(title, button, danger) {
  const dialog = Object.assign(document.createElement("dialog"), { className: "dialog" });
  const form = document.createElement("form");
  form.method = "dialog";
  const heading = Object.assign(document.createElement("h2"), { className: "dialog-title", id: "dialog-title", textContent: title });
  dialog.setAttribute("aria-labelledby", "dialog-title");
  const body = Object.assign(document.createElement("div"), { className: "dialog-body" });
  const actions = Object.assign(document.createElement("div"), { className: "dialog-actions" });
  const cancel = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Cancel" });
  cancel.addEventListener("click", () => dialog.close(""));
  const yes = Object.assign(document.createElement("button"), {
    type: "submit",
    value: "yes",
    className: `button ${danger ? "button-danger" : "button-primary"}`,
    textContent: button,
  });
  actions.append(cancel, yes);
  form.append(heading, body, actions);
  dialog.append(form);
  // Enter must not lose labels: where something goes for good, the safe answer has the focus.
  if (danger) cancel.autofocus = true;
  return { dialog, body };
}

/** @param {HTMLDialogElement} dialog @returns {Promise<string>} */
function closed(dialog) {
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement) before.focus();
      resolve(dialog.returnValue);
    });
  });
}
