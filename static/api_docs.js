/** The page of the API: /api/schema/, made readable. */
import { html, nothing, render } from "lit-html";

/** @typedef {{name: string, in: string, required?: boolean, description?: string, schema?: Schema}} Parameter */
/** @typedef {{type?: string, $ref?: string, items?: Schema, properties?: Record<string, Schema>, enum?: unknown[], description?: string, format?: string}} Schema */
/** @typedef {{summary?: string, description?: string, parameters?: Parameter[], requestBody?: {content: Record<string, {schema?: Schema}>}, responses: Record<string, {description?: string, content?: Record<string, {schema?: Schema}>}>}} Operation */
/** @typedef {{paths: Record<string, Record<string, Operation>>, components?: {schemas?: Record<string, Schema>}}} Description */

const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];

/**
 * What a value looks like, in a line.
 * @param {Schema | undefined} schema
 * @param {Description} all
 * @param {number} [depth]
 * @returns {string}
 */
function words(schema, all, depth = 0) {
  if (schema === undefined) return "";
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").pop() ?? "";
    const meant = all.components?.schemas?.[name];
    return depth > 0 && meant?.enum === undefined ? name : words(meant, all, depth + 1) || name;
  }
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return `[${words(schema.items, all, depth)}, …]`;
  if (schema.properties !== undefined) {
    return `{${Object.entries(schema.properties)
      .map(([name, inner]) => `${JSON.stringify(name)}: ${words(inner, all, depth + 1)}`)
      .join(", ")}}`;
  }
  return schema.format ?? schema.type ?? "";
}

/**
 * @param {string} path
 * @param {string} method
 * @param {Operation} operation
 * @param {Description} all
 */
function section(path, method, operation, all) {
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in !== "path");
  const body = Object.entries(operation.requestBody?.content ?? {})[0];
  return html`<section class="operation">
    <h2><code>${method.toUpperCase()} ${path}</code></h2>
    <p>${operation.summary ?? ""}${operation.description ? html` <span class="muted">${operation.description}</span>` : nothing}</p>
    ${query.length === 0 ? nothing : html`<dl class="facts">${query.map((parameter) => html`<dt><code>${parameter.in === "query" ? `?${parameter.name}=` : parameter.name}</code></dt><dd>${words(parameter.schema, all)}${parameter.required ? ", required" : ""}${parameter.description ? `. ${parameter.description}` : ""}</dd>`)}</dl>`}
    ${body === undefined ? nothing : html`<p class="muted small">Send ${body[0]}</p><pre tabindex="0">${words(body[1].schema, all)}</pre>`}
    ${Object.entries(operation.responses).map(([status, answer]) => {
      const content = Object.entries(answer.content ?? {})[0];
      return html`<p class="muted small">${status}${answer.description ? ` · ${answer.description}` : ""}${content === undefined ? "" : ` · ${content[0]}`}</p>${content?.[1].schema && words(content[1].schema, all) !== "" ? html`<pre tabindex="0">${words(content[1].schema, all)}</pre>` : nothing}`;
    })}
  </section>`;
}

const place = document.getElementById("api");
if (place !== null) {
  try {
    const answer = await fetch("/api/schema/");
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    /** @type {Description} */
    const all = await answer.json();
    place.replaceChildren();
    render(
      Object.entries(all.paths).flatMap(([path, operations]) =>
        METHODS.filter((method) => method in operations).map((method) => section(path, method, operations[method], all)),
      ),
      place,
    );
  } catch (error) {
    place.textContent = `The description could not be loaded. ${error instanceof Error ? error.message : ""} Reload the page to try again.`;
  }
  place.removeAttribute("aria-busy");
}
