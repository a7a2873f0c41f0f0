/** What the page shows, kept in its address, so that links, reload and the back button work. */

/**
 * @typedef {import("./api.js").Modality} Modality
 * @typedef {import("./api.js").Mode} Mode
 * @typedef {"search" | "map" | "add"} View
 * @typedef {{view: View, q: string, language: string[], modality: Modality | "", mode: Mode, page: number,
 *   voice: string, item: string}} Place
 */

/** @type {readonly View[]} */
const VIEWS = ["search", "map", "add"];
/** @type {readonly Mode[]} */
const MODES = ["hybrid", "dense", "lexical"];
/** @type {readonly Modality[]} */
const MODALITIES = ["text", "speech"];

/** Told whenever the place has changed. */
export const travel = new EventTarget();

/**
 * @template {string} Value
 * @param {readonly Value[]} values
 * @param {string | null} given
 * @returns {Value | undefined}
 */
const oneOf = (values, given) => values.find((value) => value === given);

/**
 * The place that an address names. A recorded question is not in the address: only its number is, in the history.
 * @param {string} search the address from its question mark on
 * @param {unknown} [kept] the history entry's state
 * @returns {Place}
 */
export function parse(search, kept) {
  const given = new URLSearchParams(search);
  const page = Number.parseInt(given.get("page") ?? "1", 10);
  const voice = kept && typeof kept === "object" && "voice" in kept ? String(kept.voice) : "";
  return {
    view: oneOf(VIEWS, given.get("view")) ?? "search",
    q: given.get("q") ?? "",
    language: given.getAll("language").filter(Boolean),
    modality: oneOf(MODALITIES, given.get("modality")) ?? "",
    mode: oneOf(MODES, given.get("mode")) ?? "hybrid",
    page: Number.isFinite(page) && page > 0 ? page : 1,
    voice,
    item: given.get("item") ?? "",
  };
}

/** @param {Place} place @returns {string} its address */
export function address(place) {
  const given = new URLSearchParams();
  if (place.view !== "search") given.set("view", place.view);
  if (place.q) given.set("q", place.q);
  for (const tag of place.language) given.append("language", tag);
  if (place.modality) given.set("modality", place.modality);
  if (place.mode !== "hybrid") given.set("mode", place.mode);
  if (place.page > 1) given.set("page", String(place.page));
  if (place.item) given.set("item", place.item);
  const text = given.toString();
  return text ? `/?${text}` : "/";
}

/** @returns {Place} where the page is now */
export const here = () => parse(location.search, history.state);

/**
 * Go somewhere: what is not named stays. Going where the page already is does the work again.
 * @param {Partial<Place>} changes
 * @param {{replace?: boolean}} [options]
 */
export function go(changes, options = {}) {
  const before = here();
  const place = { ...before, ...changes };
  const same = address(place) === address(before) && place.voice === before.voice;
  const state = place.voice ? { voice: place.voice } : null;
  if (same || options.replace) history.replaceState(state, "", address(place));
  else history.pushState(state, "", address(place));
  travel.dispatchEvent(new Event("moved"));
}

window.addEventListener("popstate", () => travel.dispatchEvent(new Event("moved")));
