/** What keys and buttons do in time, by the names of core/keys.js. */

import { RATES } from "../playback/player.js";

/** @import {Transport} from "../playback/transport.js" */

const MANY = 10; // frames of a long step

/**
 * @param {Transport} transport
 * @param {(sentence: string) => (() => void) | void} say  gives what takes the sentence away again
 * @returns {Record<string, (held?: boolean) => unknown>}  `held`: by a key that is held down
 */
export function playerCommands(transport, say) {
  const last = transport.frameCount - 1;
  /** A held key waits for each picture. Single presses all count: they add up, however slow the pictures are. */
  const step = (/** @type {number} */ by, held = false) => {
    if (held || transport.playing || transport.painted === transport.target) return transport.step(by);
    return transport.show(Math.min(last, Math.max(0, transport.target + by)));
  };
  /** @type {(() => void) | void} */
  let unsay;
  const shuttle = (/** @type {1 | -1} */ way) => {
    transport.shuttle(way);
    if (transport.playing) unsay = say(`Playing ${way < 0 ? "backwards " : ""}at ${Math.abs(transport.rate)}×`);
  };
  transport.addEventListener("playing", () => {
    if (transport.playing) return;
    unsay?.();
    unsay = undefined;
  });
  const faster = (/** @type {1 | -1} */ way) => {
    const at = RATES.findIndex((rate) => rate >= Math.abs(transport.rate));
    const rate = RATES[Math.min(RATES.length - 1, Math.max(0, at + way))];
    transport.rate = transport.rate < 0 ? -rate : rate;
    say(`Speed ${rate}×`);
  };
  return {
    play() {
      // The play button and Space go forwards, whatever J did before.
      if (!transport.playing && transport.rate < 0) transport.rate = -transport.rate;
      transport.toggle();
    },
    shuttleBack: () => shuttle(-1),
    shuttleForward: () => shuttle(1),
    stepBack: (held) => step(-1, held),
    stepForward: (held) => step(1, held),
    stepBackMany: (held) => step(-MANY, held),
    stepForwardMany: (held) => step(MANY, held),
    first: () => transport.show(0),
    last: () => transport.show(last),
    slower: () => faster(-1),
    faster: () => faster(1),
    playMode() {
      transport.mode = transport.mode === "every" ? "real" : "every";
      say(transport.mode === "every" ? "Plays every frame, slower if it must." : "Plays in real time, leaving out frames if it must.");
    },
  };
}
