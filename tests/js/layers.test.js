import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";

const EDITOR = new URL("../../static/editor", import.meta.url).pathname;

/** What each layer may import beside itself. */
const BELOW = {
  core: [],
  labels: ["core"],
  sources: ["core"],
  playback: ["core", "sources"],
  net: ["core", "labels"],
  render: ["core", "labels"],
  tools: ["core", "labels", "render"],
  panels: ["core", "labels", "playback", "net"],
};

/** @returns {Map<string, {own: string[], packages: string[]}>} each module with what it imports when it runs */
function modules() {
  const found = new Map();
  for (const file of readdirSync(EDITOR, { recursive: true }).map(String)) {
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(join(EDITOR, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1]);
    found.set(file, {
      own: imports.filter((name) => name.startsWith(".")).map((name) => relative(EDITOR, join(EDITOR, dirname(file), name))),
      packages: imports.filter((name) => !name.startsWith(".")),
    });
  }
  return found;
}

test("each layer imports only itself and what is below it", () => {
  const wrong = [];
  for (const [file, { own }] of modules()) {
    const layer = file.includes("/") ? file.split("/")[0] : null;
    if (layer === null) continue; // main.js wires everything
    for (const name of own) {
      const other = name.split("/")[0];
      if (other !== layer && !BELOW[layer].includes(other)) wrong.push(`${file} imports ${name}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("own modules are imported relatively, and only known packages by name", () => {
  const packages = new Set([...modules().values()].flatMap((module) => module.packages.map((name) => name.split("/")[0])));
  assert.deepEqual([...packages], ["lit-html"]);
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
