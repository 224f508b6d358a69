/** Numbers, times and states in words. */
import { counted, grouped } from "../shared/core/words.js";

/** @import { DataUnit } from "./types.js" */

/** @param {number} count  decimal units, as disks and networks are sold */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = count / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** @param {number} seconds */
export function timeLeft(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

/** @param {string | number | undefined} rate  frames a second, as a number or a fraction */
export function frameRate(rate) {
  if (rate === undefined || rate === null) return "";
  const [over, under = "1"] = String(rate).split("/");
  const value = Number(over) / Number(under);
  return Number.isFinite(value) && value > 0 ? `${Number(value.toFixed(3))}` : "";
}

/**
 * The state of a data unit: an icon, how it is meant, words, and the whole sentence where there is more to say.
 * @param {DataUnit} unit
 * @returns {{icon: string, tone: "" | "good" | "warning" | "danger" | "busy", words: string, sentence: string}}
 */
export function stateOf(unit) {
  const sentence = unit.error?.detail ?? "";
  switch (unit.state) {
    case "ready":
      if (unit.facts?.unclean_frames) {
        const [has, may] = unit.facts.unclean_frames === 1 ? ["has", "it may"] : ["have", "they may"];
        const damage = `${counted(unit.facts.unclean_frames, "frame")} ${has} no clean picture, since the file is damaged there; ${may} not be labelled.`;
        return { icon: "triangle-alert", tone: "warning", words: "Ready", sentence: damage };
      }
      return { icon: "circle-check", tone: "good", words: "Ready", sentence: "Every frame has been read and may be labelled." };
    case "verifying": {
      const words = ["Reading"];
      const fraction = progressOf(unit);
      if (fraction !== null) words[0] += ` ${Math.floor(fraction * 100)} %`;
      const left = unit.progress?.seconds_left ?? null;
      if (left !== null) words.push(timeLeft(left));
      const proved = unit.table === null ? "" : ` Frames up to ${grouped(unit.table.proved)} may be labelled now.`;
      return { icon: "loader-circle", tone: "busy", words: words.join(" · "), sentence: `It can be looked at.${proved}` };
    }
    case "failed":
      return { icon: "circle-x", tone: "danger", words: "Failed", sentence };
    case "needs_reencode":
      return { icon: "refresh-cw", tone: "warning", words: "Needs re-encoding", sentence };
    default:
      return { icon: "clock", tone: "", words: "Waiting to be read", sentence: "" };
  }
}

/**
 * What a newer version has left to be looked at, as badges: labels to review, and a frame table that could not be built again.
 * @param {DataUnit} unit
 * @returns {ReturnType<typeof stateOf>[]}
 */
export function upgradeOf({ to_review: labels, facts }) {
  /** @type {ReturnType<typeof stateOf>[]} */
  const badges = [];
  if (labels > 0) {
    const stand = labels === 1 ? "1 label stands on a frame that is" : `${counted(labels, "label")} stand on frames that are`;
    const sentence = `It was read again by a newer version, and ${stand} not the same. Open it to review them.`;
    badges.push({ icon: "list-checks", tone: "warning", words: `${grouped(labels)} to review`, sentence });
  }
  if (facts.rebuild_error) {
    const { code, detail } = facts.rebuild_error;
    const sentence = `It keeps the frame table it has; building it again failed: ${detail} (${code})`;
    badges.push({ icon: "history", tone: "warning", words: "Old frame table", sentence });
  }
  return badges;
}

/** How much has been read, 0 to 1, or null. @param {DataUnit} unit */
export function progressOf(unit) {
  if (unit.table !== null && unit.table.frame_count > 0) return Math.min(1, unit.table.proved / unit.table.frame_count);
  return unit.progress?.fraction ?? null;
}

/** The size of the picture as it is seen: turned as the file says. @param {DataUnit["facts"]} facts */
export function seenSize({ width, height, rotation }) {
  if (!width || !height) return "";
  return rotation === 90 || rotation === 270 ? `${height}×${width}` : `${width}×${height}`;
}

/** Whether there is anything to look at yet. @param {DataUnit} unit */
export function mayOpen(unit) {
  return unit.table !== null;
}
