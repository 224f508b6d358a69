/** The labels that are open on a page: the records, their history, and what the objects are called. */

import { History } from "../core/history.js";
import { Store } from "../core/store.js";
import { Ontology } from "./ontology.js";
import { TrackIndex } from "./tracks.js";

/** @import {TrackRecord} from "./tracks.js" */

export class OpenLabels {
  store = new Store();
  history = new History(this.store);
  /** The same array as long as the tracks are the same. @type {readonly TrackRecord[]} */
  tracks = [];

  /**
   * @param {{classes: any[], revision?: number}} ontology  as the API gives it
   * @param {number} table  as for TrackIndex
   */
  constructor(ontology, table) {
    this.index = new TrackIndex(this.store, table);
    this.ontology = new Ontology(ontology);
    this.store.on("change", () => (this.tracks = this.index.tracks()));
  }

  /** An older one than is known is left. @param {{classes: any[], revision: number}} ontology  as the API gives it */
  setOntology(ontology) {
    if (ontology.revision > this.ontology.revision) this.ontology = new Ontology(ontology);
  }

  /** "car 3". @param {string} trackId */
  nameOf = (trackId) => {
    const track = this.index.track(trackId);
    return track === null ? "a deleted object" : this.nameOfNew(track);
  };

  /** Of a track that need not be in the store. @param {{class: string | number, number: number}} track */
  nameOfNew = (track) => `${this.ontology.classOf(track.class).name} ${track.number}`;

  /** @param {string} trackId */
  colorOf = (trackId) => {
    const track = this.index.track(trackId);
    return track?.color ?? this.ontology.classOf(track?.class ?? "").color;
  };
}
