/**
 * A data unit as the server describes it (docs/architecture.md). In its facts `sample_aspect_ratio` is like "4:3", width and
 * height are before rotation, and `unclean_frames` counts the frames without a clean picture; it is there once all were read.
 * @typedef {{
 *   id: number, dataset: number, kind: string, title: string, state: string,
 *   error: {code: string, detail: string} | null, size: number, sha256: string,
 *   facts: {container?: string, codec?: string, pixel_format?: string, width?: number, height?: number, rotation?: number,
 *     sample_aspect_ratio?: string, unclean_frames?: number, duration_seconds?: number, frame_count?: number, average_rate?: string | number,
 *     has_audio?: boolean, bitrate?: number, rebuild_error?: {code: string, detail: string}},
 *   label_row: number | null, labels: number, to_review: number, labelled_by: string[],
 *   table: {id: number, state: string, frame_count: number, proved: number} | null,
 *   thumbnail_url: string | null, progress: {fraction: number, seconds_left: number | null} | null, created_at: string,
 * }} DataUnit
 */

/** @typedef {{id: number | string | null, name: string, color: string, shape: string}} LabelClass */
/** @typedef {{user: number, username: string, role: string}} Member */

export {};
