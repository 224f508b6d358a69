/** The network for the tests of saving: a server that follows docs/labels.md, a way to it that can break, and a socket. */

import { Emitter } from "../../static/shared/core/emitter.js";

export class LabelServer extends Emitter {
  records = new Map(); // id → {kind, id, revision, value}
  applied = new Map(); // change → revision
  revision = 0;
  requests = [];
  /** What happens to the next requests: "lost" (never arrives), "answer lost", or {status, body}. */
  trouble = [];
  inFlight = 0;
  mostInFlight = 0;

  /** What is stored of a value that came. */
  stored = (value) => value;

  row(user = { id: 1, username: "ann" }) {
    const records = [...this.records.values()].filter((record) => record.value !== null);
    return { id: 9, revision: this.revision, may_label: true, user, records: structuredClone(records) };
  }

  fetch = async (url, { method, body, keepalive }) => {
    if (method === "GET") return answer(200, this.#after(Number(new URL(url, "http://x").searchParams.get("after"))));
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      await new Promise((resolve) => setTimeout(resolve, 2));
      const trouble = this.trouble.shift();
      if (trouble === "lost") throw new TypeError("network");
      if (trouble?.status) return answer(trouble.status, trouble.body ?? { code: "no", detail: "No." });
      const changes = JSON.parse(body).changes;
      this.requests.push({ changes, keepalive });
      const result = this.#save(changes);
      if (trouble === "answer lost") throw new TypeError("network");
      return result;
    } finally {
      this.inFlight -= 1;
    }
  };

  /** Someone else writes. */
  write(id, kind, value, user = { id: 2, username: "bob" }) {
    const base = this.records.get(id)?.revision ?? 0;
    this.#save([{ id: crypto.randomUUID(), records: [{ kind, id, base, value }] }], user);
  }

  value(id) {
    return this.records.get(id)?.value ?? null;
  }

  #save(changes, user = { id: 1, username: "ann" }) {
    const applied = [];
    for (const change of changes) {
      if (this.applied.has(change.id)) {
        applied.push({ id: change.id, revision: this.applied.get(change.id) });
        continue;
      }
      const refused = change.records.find((record) => record.value?.refuse);
      if (refused) return answer(refused.value.refuse, { code: "invalid_label", detail: "Not so.", applied, change: change.id });
      const conflicts = [];
      for (const { kind, id, base, value } of change.records) {
        const stored = this.records.get(id) ?? { revision: 0, value: null };
        if ((typeof base === "string" ? this.applied.get(base) : base) !== stored.revision) {
          conflicts.push({ kind, id, base, revision: stored.revision, yours: value, theirs: stored.value });
        }
      }
      if (conflicts.length) return answer(412, { code: "conflict", detail: "Changed.", applied, change: change.id, conflicts });
      this.revision += 1;
      const records = change.records.map(({ kind, id, value }) => ({ kind, id, value: this.stored(value), revision: this.revision }));
      for (const record of records) this.records.set(record.id, record);
      this.applied.set(change.id, this.revision);
      applied.push({ id: change.id, revision: this.revision });
      const data = { revision: this.revision, change: change.id, user, records: structuredClone(records) };
      this.emit("event", { id: this.revision, topic: "label_row:9", type: "labels.changed", data });
    }
    return answer(200, { revision: this.revision, applied });
  }

  #after(revision) {
    return { revision: this.revision, records: [...this.records.values()].filter((record) => record.revision > revision) };
  }
}

/** A page's socket to the server; `deaf` hears nothing. */
export class FakeLive extends Emitter {
  deaf = false;

  constructor(server) {
    super();
    server.on("event", (event) => this.deaf || this.emit("event", structuredClone(event)));
  }

  subscribe(topics) {
    queueMicrotask(() => this.emit("subscribed", { topics, refused: [] }));
  }
}

/** navigator.locks, as far as it is used. */
export class FakeLocks {
  #last = Promise.resolve();

  request(_name, work) {
    this.#last = this.#last.then(work, work);
    return this.#last;
  }
}

function answer(status, body) {
  return { ok: status < 400, status, text: async () => JSON.stringify(body) };
}
