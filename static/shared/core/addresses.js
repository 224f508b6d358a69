/** Addresses of pages, with the list of data units that one came from. */

/** What a dataset's page shows, and in which order. @typedef {{query: string, sort: string}} List */

export const SORT = "title"; // where nothing else is asked for

/** @param {string} search  of an address @returns {List} */
export function listOf(search) {
  const asked = new URLSearchParams(search);
  return { query: asked.get("q") ?? "", sort: asked.get("sort") ?? SORT };
}

/** For the end of an address: empty, or from the question mark on. @param {List} list */
export function listSearch({ query, sort }) {
  const search = new URLSearchParams();
  if (query !== "") search.set("q", query);
  if (sort !== SORT) search.set("sort", sort);
  return search.size > 0 ? `?${search}` : "";
}

/** Where a data unit opens: its labels, or for looking only. @param {{id: number, label_row: number | null}} unit @param {List} list */
export function editorUrl(unit, list) {
  return (unit.label_row === null ? `/view/${unit.id}/` : `/label/${unit.label_row}/`) + listSearch(list);
}
