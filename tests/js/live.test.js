import assert from "node:assert/strict";
import test from "node:test";

import { Live } from "../../static/shared/net/live.js";

/** Sockets whose far end is the test. */
function network() {
  const sockets = [];
  class FakeSocket extends EventTarget {
    sent = [];
    constructor() {
      super();
      sockets.push(this);
    }
    send(text) { this.sent.push(JSON.parse(text)); }
    close() { this.end(1000); }
    open() { this.dispatchEvent(new Event("open")); }
    say(message) { this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(message) })); }
    end(code) { this.dispatchEvent(Object.assign(new Event("close"), { code })); }
  }
  const live = new Live("ws://x/ws/", { WebSocket: FakeSocket });
  const heard = [];
  live.on("event", (event) => heard.push(event.id));
  return { live, heard, sockets };
}

test("topics are asked for when the socket opens, and events are told", () => {
  const { live, heard, sockets: [socket] } = network();
  live.subscribe(["dataset:5"]);
  assert.deepEqual(socket.sent, []);
  socket.open();
  assert.deepEqual([socket.sent, live.state], [[{ subscribe: ["dataset:5"], after: null }], "connected"]);
  socket.say({ subscribed: ["dataset:5"], refused: [], at: 40 });
  socket.say({ id: 41, topic: "dataset:5", type: "data_unit.changed", data: {} });
  live.subscribe(["dataset:5", "label_row:9"]);
  assert.deepEqual([heard, socket.sent[1]], [[41], { subscribe: ["label_row:9"], after: null }]);
  live.close();
});

test("a broken connection comes back by itself and asks for what was missed", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { live, sockets } = network();
  const states = [];
  live.on("state", (state) => states.push(state));
  live.subscribe(["dataset:5"]);
  sockets[0].open();
  sockets[0].say({ subscribed: ["dataset:5"], refused: [], at: 40 });
  sockets[0].end(1006);
  context.mock.timers.tick(800);
  sockets[1].open();
  assert.deepEqual(sockets[1].sent, [{ subscribe: ["dataset:5"], after: 40 }]);
  sockets[1].say({ id: 44, topic: "dataset:5", type: "t", data: {} });
  sockets[1].end(1006);
  context.mock.timers.tick(800);
  sockets[2].open();
  assert.deepEqual(sockets[2].sent[0].after, 44);
  assert.deepEqual(states, ["connected", "offline", "connected", "offline", "connected"]);
  live.close();
});

test("a server that stays away is asked less and less often, but always within 45 seconds", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { live, sockets } = network();
  for (let n = 0; n < 12; n++) {
    sockets.at(-1).end(1006);
    context.mock.timers.tick(45_000);
    assert.equal(sockets.length, n + 2);
  }
  sockets.at(-1).end(1006);
  context.mock.timers.tick(10_000);
  assert.equal(sockets.length, 13);
  live.close();
});

test("what is too old to be told again is read anew", () => {
  const { live, sockets: [socket] } = network();
  let reloads = 0;
  live.on("reload", () => (reloads += 1));
  socket.open();
  socket.say({ type: "reload" });
  assert.equal(reloads, 1);
  live.close();
});

test("signed out is a state of its own", () => {
  const { live, sockets: [socket] } = network();
  socket.open();
  socket.end(4401);
  assert.equal(live.state, "signed_out");
  live.close();
});

test("a closed socket stays closed", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { live, sockets } = network();
  live.close();
  context.mock.timers.tick(100_000);
  assert.equal(sockets.length, 1);
});
