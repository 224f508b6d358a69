import assert from "node:assert/strict";
import { test } from "node:test";

import { receiptOf } from "../../static/editor/tools/receipts.js";

const DIGEST = "0123456789abcdef0123456789abcdef";
const SEEN = { table: 7, frame: 10, pts: 5120, packet: 10 };

/** A screen that shows one picture; its proof comes when the test lets it. */
function screen(frame = 10) {
  /** @type {any} */
  const transport = { picture: { frame } };
  const proof = new Promise((resolve) => { transport.resolve = resolve; });
  transport.prove = async () => {
    const { picture } = transport;
    const found = await proof;
    return transport.picture === picture ? found : null;
  };
  return transport;
}

test("the receipt carries what the browser computed of the picture on the screen", async () => {
  const transport = screen();
  transport.resolve({ frame: 10, state: "proved", digest: DIGEST, reason: null });
  assert.deepEqual(await receiptOf(transport, SEEN), { ...SEEN, proof: "browser_digest", digest: DIGEST });
});

test("the server's own picture is a proof of its own kind", async () => {
  const transport = screen();
  transport.resolve({ frame: 10, state: "server", digest: DIGEST, reason: "no decoder" });
  assert.equal((await receiptOf(transport, SEEN)).proof, "server");
});

test("a picture that is replaced while a shape is drawn gives no receipt, although the new one is proved", async () => {
  const transport = screen();
  const receipt = receiptOf(transport, SEEN);
  transport.picture = { frame: 10 }; // the server's, of the same frame
  transport.resolve({ frame: 10, state: "server", digest: DIGEST, reason: null });
  await assert.rejects(receipt, /replaced while you drew/);
});

test("a wrong picture gives no receipt and says why", async () => {
  const transport = screen();
  transport.resolve({ frame: 10, state: "unproved", digest: null, reason: "its digest differs" });
  await assert.rejects(receiptOf(transport, SEEN), /frame 10 is not proved: its digest differs/);
});

test("a frame that is no longer on the screen gives no receipt", async () => {
  await assert.rejects(receiptOf(screen(11), SEEN), /no longer on the screen/);
});
