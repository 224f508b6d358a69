/** Talks JSON with the server under /api/. */

/** The server's answer that something cannot be done: `code` for the program, `detail` a sentence for the user. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {any} body  the whole answer; some errors carry more than code and detail
   */
  constructor(status, body) {
    const detail = typeof body?.detail === "string" ? body.detail : `The server answered ${status}.`;
    super(detail);
    this.status = status;
    this.code = typeof body?.code === "string" ? body.code : "error";
    this.detail = detail;
    this.body = body;
  }
}

/** No answer came: no network, no server, or none in time. */
export class Unreachable extends Error {}

const PATIENCE_MS = 30_000;

/**
 * @typedef {object} Options
 * @property {AbortSignal} [signal]
 * @property {boolean} [keepalive]  goes on when the page is left; the body may have 64 kB then
 * @property {typeof globalThis.fetch} [fetch]
 */

/**
 * Returns the JSON of the answer, null if it has none.
 * @param {string} method
 * @param {string} url
 * @param {any} [body]  undefined: none; a string is sent as it is
 * @param {Options} [options]
 * @returns {Promise<any>}
 * @throws {ApiError} @throws {Unreachable}; whatever `signal` was aborted with
 */
export async function request(method, url, body, { signal, keepalive, fetch = globalThis.fetch } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let response;
  let text;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
      credentials: "same-origin",
      keepalive,
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new Unreachable("The server cannot be reached.", { cause: error });
  }
  const json = parse(text);
  if (!response.ok) throw new ApiError(response.status, json);
  return json;
}

/** @param {string} url @param {Options} [options] */
export const get = (url, options) => request("GET", url, undefined, options);
/** @param {string} url @param {any} body @param {Options} [options] */
export const post = (url, body, options) => request("POST", url, body, options);
/** @param {string} url @param {any} body @param {Options} [options] */
export const put = (url, body, options) => request("PUT", url, body, options);
/** @param {string} url @param {any} body @param {Options} [options] */
export const patch = (url, body, options) => request("PATCH", url, body, options);

/** For the header X-CSRFToken. Read it at each request: signing in again changes it. */
export function csrfToken() {
  const cookies = globalThis.document?.cookie ?? "";
  return /(?:^|; )onframe_csrf=([^;]*)/.exec(cookies)?.[1] ?? "";
}

/** @param {string} text */
function parse(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null; // a proxy's page of HTML
  }
}
