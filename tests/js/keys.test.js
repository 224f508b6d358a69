import assert from "node:assert/strict";
import { test } from "node:test";
import { BINDINGS, bindingOf, chordOf, hint } from "../../static/editor/core/keys.js";

/** @param {string} key @param {string} code @param {Partial<KeyboardEvent>} [held] */
const press = (key, code, held = {}) => ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });
const actionOf = (/** @type {any} */ event, mac = false) => {
  const chord = chordOf(event, mac);
  return chord === null ? null : (bindingOf(chord)?.action ?? null);
};

test("no key means two things", () => {
  const keys = BINDINGS.filter(({ through }) => !through).flatMap((binding) => binding.keys);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(new Set(BINDINGS.map(({ action }) => action)).size, BINDINGS.length);
});

test("what goes through another action has that action's keys", () => {
  for (const { action, keys, through } of BINDINGS.filter((binding) => binding.through)) {
    for (const key of keys) assert.equal(bindingOf(key)?.action, through, action);
  }
});

test("keys that belong to the browser are left to it", () => {
  for (const key of ["Ctrl+W", "Ctrl+T", "Ctrl+N", "Ctrl+Tab", "Alt+Left", "Alt+Right", "F11", "Ctrl+R", "F5"]) assert.equal(bindingOf(key), null, key);
});

test("letters go by what they write, on any layout", () => {
  assert.equal(actionOf(press("z", "KeyY", { ctrlKey: true })), "undo"); // German
  assert.equal(actionOf(press("Z", "KeyZ", { ctrlKey: true, shiftKey: true })), "redo");
  assert.equal(actionOf(press("b", "KeyB")), "box");
  assert.equal(actionOf(press("B", "KeyB")), "box"); // caps lock
});

test("digits go by where they stand, on any layout", () => {
  assert.equal(actionOf(press("&", "Digit1")), "class0"); // French
  assert.equal(actionOf(press("à", "Digit0")), "class9");
  assert.equal(actionOf(press("3", "Numpad3", { ctrlKey: true })), "setClass2");
});

test("signs are the same sign with or without Shift", () => {
  assert.equal(actionOf(press("?", "Slash", { shiftKey: true })), "help");
  assert.equal(actionOf(press("?", "Minus", { shiftKey: true })), "help");
  assert.equal(actionOf(press("+", "Equal", { shiftKey: true })), "zoomIn");
  assert.equal(actionOf(press("=", "Equal")), "fit");
});

test("comma and period step, with Shift they change the speed", () => {
  assert.equal(actionOf(press(",", "Comma")), "stepBack");
  assert.equal(actionOf(press("<", "Comma", { shiftKey: true })), "slower");
  assert.equal(actionOf(press(">", "Period", { shiftKey: true })), "faster");
});

test("arrows step by one, with Shift by ten, with Ctrl to keyframes, with Ctrl and Alt they move the shape", () => {
  assert.equal(actionOf(press("ArrowRight", "ArrowRight")), "stepForward");
  assert.equal(actionOf(press("ArrowRight", "ArrowRight", { shiftKey: true })), "stepForwardMany");
  assert.equal(actionOf(press("ArrowRight", "ArrowRight", { ctrlKey: true })), "nextKeyframe");
  assert.equal(actionOf(press("ArrowRight", "ArrowRight", { ctrlKey: true, altKey: true })), "nudgeRight");
});

test("on a Mac Cmd is Ctrl, and Ctrl is nothing", () => {
  assert.equal(actionOf(press("z", "KeyZ", { metaKey: true }), true), "undo");
  assert.equal(actionOf(press("z", "KeyZ", { ctrlKey: true }), true), null);
  assert.equal(actionOf(press("z", "KeyZ", { metaKey: true }), false), null);
});

test("a modifier alone is no key", () => {
  assert.equal(chordOf(press("Shift", "ShiftLeft", { shiftKey: true })), null);
});

test("a tooltip names the key", () => {
  assert.equal(hint("split"), "Split here into two objects (Shift+S)");
});
