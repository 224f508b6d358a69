/** POST /api/label-rows/<id>/changes/ (docs/labels.md): its body, and how many changes go into one. */

/** @import {Entry} from "./journal.js" */

const MOST_CHANGES = 200;
const MOST_RECORDS = 5000; // unless one change alone has more
const KEEPALIVE_BYTES = 60_000; // browsers allow 64 kB in all

/**
 * @param {number} user  in whose name the changes were made
 * @param {readonly Entry[]} entries
 */
export function changesBody(user, entries) {
  return JSON.stringify({
    user,
    changes: entries.map(({ id, records }) => ({
      id,
      records: records.map(({ kind, id: record, base, value }) => ({ kind, id: record, base, value })),
    })),
  });
}

/** The first of `queued` that go into one request; at least one, if there is one. @param {readonly Entry[]} queued */
export function firstBatch(queued) {
  /** @type {Entry[]} */
  const batch = [];
  let records = 0;
  for (const entry of queued) {
    records += entry.records.length;
    if (batch.length === MOST_CHANGES || (batch.length > 0 && records > MOST_RECORDS)) break;
    batch.push(entry);
  }
  return batch;
}

/**
 * The first of `queued` that fit into a request that outlives its page; none if the first one does not.
 * @param {number} user
 * @param {readonly Entry[]} queued
 */
export function lastBatch(user, queued) {
  /** @type {Entry[]} */
  const batch = [];
  for (const entry of queued) {
    if (new Blob([changesBody(user, [...batch, entry])]).size > KEEPALIVE_BYTES) break;
    batch.push(entry);
  }
  return batch;
}
