/**
 * What every source of frames (video, image group, DICOM series) gives to the rest of the editor.
 *
 * @typedef {"show" | "play" | "scrub"} Purpose `scrub`: a picture near by will do, under its own number
 *
 * @typedef {object} Picture One frame to be drawn with `drawPicture`. Whoever reads a picture closes it.
 * @property {number} frame the frame that this picture is, never another one's
 * @property {number} pts
 * @property {number} packet
 * @property {"webcodecs" | "server"} source
 * @property {VideoFrame | ImageBitmap} image decoded pixels; their display size is their pixel size, SAR not applied
 * @property {number} width of the picture after its rotation, SAR not applied
 * @property {number} height
 * @property {0 | 90 | 180 | 270} rotation degrees clockwise that `image` still has to be turned to look right
 * @property {[number, number]} sampleAspectRatio width to height of one pixel, after rotation
 * @property {string | null} digest 32 hexadecimal digits, once known
 * @property {string | null} reason why the server's picture is shown, in words; null otherwise
 * @property {() => void} close
 *
 * @typedef {object} Proof
 * @property {"proved" | "server" | "unproved"} state `server`: it is the server's own picture, and proved by it
 * @property {string | null} digest computed from the picture in this browser, or sent with the server's picture
 * @property {string | null} reason why it is not proved, or why the server's picture is shown, in words
 * @property {boolean} [replace] the picture is wrong; reading the frame again gives the server's
 *
 * @typedef {object} FrameSource
 * @property {number} frameCount
 * @property {number} capacity decoded pictures that fit into memory
 * @property {number} decodeRate pictures a second that decoding reaches at present; 0 while it is not known
 * @property {(frame: number) => number} ptsAt
 * @property {(frame: number) => number} secondsAt
 * @property {(seconds: number) => number} frameAt
 * @property {(frame: number) => string} typeAt I, P, B or ?
 * @property {(frame: number) => boolean} mayLabel
 * @property {(frame: number) => string | null} whyNotLabel the one reason, as words to go on with after “because”
 * @property {(frame: number, options?: {signal?: AbortSignal, purpose?: Purpose}) => Promise<Picture>} read
 * @property {(first: number, last: number) => void} prefetch
 * @property {(frame: number) => void} aim what is being read for `scrub` is now sought for this frame
 * @property {() => [number, number][]} buffered frames whose encoded bytes are here
 * @property {(picture: Picture) => Promise<Proof>} prove
 * @property {() => void} close
 */

export {};
