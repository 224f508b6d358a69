import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const STATIC = new URL("../../static", import.meta.url).pathname;
const PACKAGES = ["lit-html", "tus-js-client"];

/** What each layer may import beside itself. What two pages use stands in `shared`, and knows neither. */
const BELOW = {
  "shared/core": [],
  "shared/net": ["shared/core"],
  "shared/view": ["shared/core"],
  "editor/core": ["shared/core"],
  "editor/labels": ["shared/core", "editor/core"],
  "editor/sources": ["shared/core", "editor/core"],
  "editor/playback": ["shared/core", "editor/core", "editor/sources"],
  "editor/net": ["shared/core", "shared/net", "editor/core", "editor/labels"],
  "editor/render": ["shared/core", "editor/core", "editor/labels"],
  "editor/tools": ["shared/core", "editor/core", "editor/labels", "editor/render"],
  "editor/panels": ["shared/core", "shared/net", "shared/view", "editor/core", "editor/labels", "editor/playback", "editor/net"],
  dataset: ["shared/core", "shared/net", "shared/view"],
  pages: ["shared/core", "shared/net", "shared/view", "editor/core"], // help names the editor's keys
};
const WIRES = "editor"; // main.js and what stands beside it: all of shared and of the editor

/** @param {string} file */
function layerOf(file) {
  const folders = dirname(file).split("/");
  if (folders[0] === ".") return "pages";
  return folders[0] === "dataset" ? "dataset" : folders.slice(0, 2).join("/");
}

/** @returns {Map<string, {own: string[], packages: string[]}>} each module with what it imports when it runs */
function modules() {
  const found = new Map();
  for (const file of readdirSync(STATIC, { recursive: true }).map(String)) {
    if (!file.endsWith(".js") || file.startsWith("vendor/")) continue;
    const text = readFileSync(join(STATIC, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1]);
    found.set(file, {
      own: imports.filter((name) => name.startsWith(".")).map((name) => relative(STATIC, join(STATIC, dirname(file), name))),
      packages: imports.filter((name) => !name.startsWith(".")),
    });
  }
  return found;
}

test("every module is in a layer that has a rule", () => {
  const without = [...modules().keys()].filter((file) => !(layerOf(file) in BELOW) && layerOf(file) !== WIRES);
  assert.deepEqual(without, []);
});

test("each layer imports only itself and what is below it", () => {
  const wrong = [];
  for (const [file, { own }] of modules()) {
    const layer = layerOf(file);
    for (const name of own) {
      const other = layerOf(name);
      const may = layer === WIRES ? /^(editor|shared)\b/.test(other) : BELOW[layer].includes(other);
      if (other !== layer && !may) wrong.push(`${file} imports ${name}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("what is shared names no page, not even in its types", () => {
  const wrong = [...modules().keys()].filter((file) => file.startsWith("shared/") && /from "[^"]*\/(editor|dataset)\//.test(readFileSync(join(STATIC, file), "utf8")));
  assert.deepEqual(wrong, []);
});

test("own modules are imported relatively, and only known packages by name", () => {
  const packages = new Set([...modules().values()].flatMap((module) => module.packages.map((name) => name.split("/")[0])));
  assert.deepEqual([...packages].sort(), PACKAGES);
});

test("no module imports itself through others", () => {
  const graph = modules();
  const done = new Set();
  /** @param {string} file @param {string[]} path */
  const walk = (file, path) => {
    assert.ok(!path.includes(file), `${[...path, file].join(" → ")}`);
    if (done.has(file)) return;
    for (const next of graph.get(file)?.own ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
});
