import assert from "node:assert/strict";
import test from "node:test";

import { ApiError, Unreachable, get, post } from "../../static/shared/net/api.js";

const answering = (status, text) => async () => ({ ok: status < 400, status, text: async () => text });

test("JSON goes out with the CSRF token and comes back", async () => {
  let sent;
  globalThis.document = { cookie: "a=1; onframe_csrf=secret; b=2" };
  try {
    const fetch = async (url, options) => {
      sent = [url, options.method, options.body, options.headers["X-CSRFToken"]];
      return answering(200, '{"n": 1}')();
    };
    assert.deepEqual(await post("/api/x/", { m: 2 }, { fetch }), { n: 1 });
    assert.deepEqual(sent, ["/api/x/", "POST", '{"m":2}', "secret"]);
  } finally {
    delete globalThis.document;
  }
});

test("an error carries its code, its sentence and everything else", async () => {
  const fetch = answering(412, '{"code": "conflict", "detail": "Changed.", "conflicts": [1]}');
  await assert.rejects(get("/", { fetch }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.detail, error.body.conflicts], [412, "conflict", "Changed.", [1]]);
    return true;
  });
});

test("an error that is no JSON is an error all the same", async () => {
  await assert.rejects(get("/", { fetch: answering(502, "<h1>Bad gateway</h1>") }), { status: 502, code: "error" });
});

test("no network is unreachable, and giving up is not", async () => {
  const fetch = async () => { throw new TypeError("network"); };
  await assert.rejects(get("/", { fetch }), Unreachable);
  const stop = AbortSignal.abort(new Error("enough"));
  await assert.rejects(get("/", { fetch, signal: stop }), /enough/);
});
