/** The records that labels consist of (docs/labels.md). */

/** @typedef {{readonly type: "box", readonly x: number, readonly y: number, readonly width: number, readonly height: number}} Box */
/** @typedef {Box} Shape  in float pixels of the decoded picture after its rotation */
/** @typedef {"linear" | "hold"} Interpolation */
/**
 * The proof of the frame that the author saw.
 * @typedef {{readonly table: number, readonly frame: number, readonly pts: number, readonly packet: number,
 *   readonly proof: "browser_digest" | "server", readonly digest: string}} Receipt
 */
/** @typedef {{readonly class: string | number, readonly number: number, readonly color?: string}} Track */
/**
 * @typedef {{readonly track: string, readonly frame: number, readonly shape: Shape, readonly interpolation: Interpolation,
 *   readonly occluded: boolean, readonly receipt: Receipt}} Keyframe
 */
/**
 * The track is not there on the frames first..last, both included; `last` null: to the end.
 * @typedef {{readonly track: string, readonly type: "outside", readonly first: number, readonly last: number | null,
 *   readonly receipt: Receipt}} Range
 */

/** A record as the server has it; `value` null: deleted. @typedef {{kind: string, id: string, revision: number, value: any}} ServerRecord */
/**
 * As GET /api/label-rows/<id>/ answers.
 * @typedef {{id: number, revision: number, may_label: boolean, user: {id: number, username: string}, data_unit: any, ontology: any,
 *   records: ServerRecord[]}} LabelRow
 */

export const TRACK = "track";
export const KEYFRAME = "keyframe";
export const RANGE = "range";
