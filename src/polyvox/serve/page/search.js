/** The search view: from the question in the address to the hits on the page. */

import { searchAudio, searchText } from "./api.js";
import { announce, byId, element, icon } from "./dom.js";
import { drawFilters } from "./filters.js";
import { list } from "./hits.js";
import { number, t } from "./i18n.js";
import { hush } from "./player.js";
import { report, told } from "./problem.js";
import { dropRecording, wireMicrophone } from "./record.js";
import { address, go } from "./route.js";
import { hideQuestion, keepQuestion, question, showQuestion } from "./voice.js";
import { welcome } from "./welcome.js";

/** @typedef {import("./route.js").Place} Place */
/** @typedef {import("./api.js").Answer} Answer */

const PER_PAGE = 10;

let shown = "";
let pending = new AbortController();
let toResults = false;

/** @param {Place} place @returns {import("./api.js").Wish} */
function wish(place) {
  const { language, modality, mode } = place;
  return { limit: PER_PAGE, offset: (place.page - 1) * PER_PAGE, language, modality, mode };
}

/** @param {File} file */
export function ask(file) {
  go({ view: "search", q: "", voice: keepQuestion(file), page: 1, item: "" });
}

/** Wire the search form. @param {() => number} longest seconds of sound that the server accepts */
export function wireSearch(longest) {
  const input = byId("query");
  byId("search-form").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    const q = input.value.trim();
    if (!input.hidden) shown = "";
    go(input.hidden ? { page: 1 } : { q, voice: "", page: 1 });
  });
  byId("pick-audio").addEventListener("click", () => byId("audio-file").click());
  byId("audio-file").addEventListener("change", () => {
    const [file] = byId("audio-file").files;
    if (file) ask(file);
    byId("audio-file").value = "";
  });
  wireMicrophone(ask, longest);
}

/** Forget what is shown, so that the next drawing asks the server again. */
export function stale() {
  shown = "";
}

/**
 * Draw the view for a place.
 * @param {Place} place
 * @param {import("./api.js").Collection} collection
 */
export async function drawSearch(place, collection) {
  drawFilters(byId("filters"), collection.languages);
  const asked = Boolean(place.q || place.voice);
  const key = `${address({ ...place, item: "" })} ${place.voice} ${asked ? "" : collection.items}`;
  if (key === shown) return;
  shown = key;
  pending.abort();
  pending = new AbortController();
  hush();
  dropRecording();
  byId("view-search").classList.toggle("asked", asked);
  byId("filters").hidden = !collection.items;
  byId("ask-problem").hidden = true;
  byId("welcome").hidden = asked;
  byId("results").replaceChildren();
  byId("query").value = place.q;
  if (place.voice) showQuestion(place.voice, typeInstead);
  else hideQuestion();
  if (asked) await find(place, pending.signal);
  else await welcome(byId("welcome"), collection);
}

function typeInstead() {
  go({ voice: "", q: "", page: 1 });
  byId("query").focus();
}

/** @param {Place} place @param {AbortSignal} signal */
async function find(place, signal) {
  const spoken = place.voice ? question(place.voice) : undefined;
  if (place.voice && !spoken) {
    hideQuestion();
    report(byId("ask-problem"), { message: t("voice.lost"), hint: t("voice.lost.hint") });
    return;
  }
  const results = byId("results");
  results.setAttribute("aria-busy", "true");
  results.replaceChildren(waiting());
  try {
    const answer = spoken
      ? await searchAudio(spoken, spoken.name, wish(place), signal)
      : await searchText(place.q, wish(place), signal);
    show(answer, place);
  } catch (error) {
    if (signal.aborted) return;
    report(results, told(error), () => go((stale(), {})));
  } finally {
    if (!signal.aborted) results.setAttribute("aria-busy", "false");
  }
}

function waiting() {
  const line = () => element("div", { class: "bone" }, element("span"), element("span"), element("span"));
  const said = element("p", { class: "hidden-text" }, t("results.loading"));
  return element("div", { class: "bones" }, said, line(), line(), line());
}

/** @param {Answer} answer @param {Place} place */
function show(answer, place) {
  const count = answer.hits.length;
  const first = (place.page - 1) * PER_PAGE + 1;
  const shownText = t(count === 1 ? "results.single" : "results.shown", { first, last: first + count - 1 });
  const heading = element("h2", { class: "quiet-title", tabindex: -1, id: "results-title" }, count ? shownText : t("results.none"));
  const took = element("span", { class: "took" }, number(Math.ceil(answer.took_ms), { style: "unit", unit: "millisecond" }));
  const head = element("div", { class: "results-head" }, heading, took);
  const body = count ? [list(answer.hits, first), pages(place, answer.more)] : [nothing(place)];
  byId("results").replaceChildren(head, ...body);
  announce(count ? shownText : t("results.none"));
  if (!toResults) return;
  toResults = false;
  heading.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

/** @param {Place} place */
function nothing(place) {
  const narrowed = place.language.length > 0 || place.modality || place.mode !== "hybrid" || place.page > 1;
  const reset = () => go({ language: [], modality: "", mode: "hybrid", page: 1 });
  return element(
    "div",
    { class: "blank" },
    element("p", {}, t("results.none.hint")),
    narrowed && element("button", { type: "button", class: "quiet", onclick: reset }, t("results.reset")),
  );
}

/** @param {Place} place @param {boolean} more */
function pages(place, more) {
  if (place.page === 1 && !more) return "";
  const step = (/** @type {number} */ by, /** @type {string} */ name, /** @type {boolean} */ able) =>
    element(
      "button",
      {
        type: "button",
        class: `pill ${name}`,
        disabled: !able,
        onclick: () => {
          toResults = true;
          go({ page: place.page + by });
        },
      },
      icon("chevron"),
      element("span", {}, t(`results.${name}`)),
    );
  return element(
    "nav",
    { class: "pages", "aria-label": t("results.pages") },
    step(-1, "previous", place.page > 1),
    element("span", { "aria-current": "page" }, t("results.page", { count: number(place.page) })),
    step(1, "next", more),
  );
}
