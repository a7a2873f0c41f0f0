/** Hits as a list: a text with its words marked, or a player. */

import { element, icon } from "./dom.js";
import { passage } from "./highlight.js";
import { clock, languageName, number, t } from "./i18n.js";
import { player } from "./player.js";
import { go } from "./route.js";

/** @typedef {import("./api.js").Hit} Hit */

/**
 * Where in its file a hit stands, in words: "page 3", "0:04.4–0:09.1".
 * @param {Hit} hit
 * @returns {string}
 */
export function place(hit) {
  const [, unit, number] = /^(page|line|row|paragraph) (\d+)$/.exec(hit.page ?? "") ?? [];
  if (unit) return t(`hit.${unit}`, { count: Number(number) });
  if (hit.page) return hit.page;
  if (hit.start === null || hit.end === null) return "";
  return `${clock(hit.start)}–${clock(hit.end)}`;
}

/** @param {Hit} hit @returns {HTMLElement} its text or its player */
export function content(hit) {
  return hit.modality === "speech" ? player(hit) : passage(hit);
}

/** @param {Hit} hit @returns {string} the name of its file, without folders */
export function fileName(hit) {
  return hit.file?.split("/").pop() || t("hit.nofile");
}

/** @param {Hit} hit */
function open(hit) {
  const name = fileName(hit);
  return element(
    "button",
    {
      class: "link",
      type: "button",
      dir: "auto",
      title: hit.file,
      "aria-label": t("hit.open", { file: name }),
      onclick: () => go({ item: hit.id }),
    },
    name,
  );
}

/** @param {Hit} hit @returns {HTMLElement} */
function one(hit) {
  const where = place(hit);
  const kind = hit.modality === "speech" ? "file-audio" : "text";
  return element(
    "li",
    { class: `hit ${hit.modality}`, "data-id": hit.id },
    element(
      "div",
      { class: "about" },
      hit.rank ? element("span", { class: "rank", "aria-hidden": "true" }, number(hit.rank)) : null,
      element(
        "span",
        { class: "tongue" },
        icon(kind),
        element("span", { class: "hidden-text" }, t(`hit.${hit.modality}`)),
        element("span", { class: hit.language === "und" ? "unknown" : null }, languageName(hit.language)),
      ),
      open(hit),
      where && element("span", { class: "where", dir: "auto" }, where),
    ),
    content(hit),
  );
}

/** @param {Hit[]} hits @param {number} first rank of the first @returns {HTMLElement} */
export function list(hits, first) {
  return element("ol", { class: "hits", start: first }, ...hits.map(one));
}
