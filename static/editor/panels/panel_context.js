/** What panels show and ask for; make_panel_context.js makes it. Panels change labels only through it. */

/** @import {History} from "../core/history.js" */
/** @import {Session} from "../core/session.js" */
/** @import {Ontology} from "../labels/ontology.js" */
/** @import {Box} from "../labels/records.js" */
/** @import {TrackIndex, TrackRecord} from "../labels/tracks.js" */
/** @import {LabelReview} from "../net/label_review.js" */
/** @import {Spot, Subject} from "./context_menu.js" */
/** @import {Verification} from "../playback/verification.js" */

/**
 * How it stands with the frame on the screen. `digest` is of the picture that is shown, `tableDigest` of the table.
 * `perSecond`: pictures that come onto the screen while it plays; null while that is not known.
 * @typedef {{state: "seeking" | "playing" | "proving" | "proved" | "server" | "unproved" | "beyond" | "failed", frame: number | null, reason: string | null,
 *   digest: string | null, tableDigest: string | null, pts: number | null, packet: number | null, source: string | null, perSecond: number | null}} Proof
 */
/**
 * @typedef {{target: number, painted: number | null, playing: boolean, rate: number, mode: "every" | "real", skipped: number,
 *   loop: {first: number, last: number} | null}} Playing
 */
/**
 * @typedef {{frameCount: number, secondsAt(frame: number): number, ptsAt(frame: number): number, typeAt(frame: number): string,
 *   mayLabel(frame: number): boolean, unclean(): readonly number[], buffered(): readonly (readonly [number, number])[]}} Frames
 */
/**
 * `dataUnit` is the API's, `stream` the index of its video stream in the file. `tracks` is the same array as long as they are the same. `verification` is null when the table is verified. `act` runs an action of core/keys.js.
 * @typedef {{dataUnit: any, stream: number, mayLabel: boolean, hasLabels: boolean, session: Session, history: History, index: TrackIndex, tracks: () => readonly TrackRecord[],
 *   ontology: () => Ontology, frames: Frames, playing: () => Playing, proof: () => Proof, verification: () => Verification | null,
 *   act: (action: string) => void, go: (frame: number) => void, scrub: (frame: number) => void, endScrub: () => void, setRate: (rate: number) => void,
 *   nameOf: (trackId: string) => string, colorOf: (trackId: string) => string, placeBox: (trackId: string, box: Box) => void,
 *   setClass: (trackId: string, classId: string | number) => void, addClass: (name: string) => Promise<void>,
 *   select: (trackIds: readonly string[]) => void, deleteTrack: (trackId: string) => void, say: (sentence: string) => void,
 *   menu: (subject: Subject, spot: Spot) => void, review: LabelReview | null, invalidate: () => void}} PanelContext
 */

export {};
