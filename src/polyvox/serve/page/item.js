/** One item, opened: all of it, where it comes from, more like it. */

import { deleteItem, getItem } from "./api.js";
import { announce, byId, element, icon } from "./dom.js";
import { content, fileName, place } from "./hits.js";
import { languageName, t } from "./i18n.js";
import { hush } from "./player.js";
import { notice, told } from "./problem.js";
import { go, here } from "./route.js";
import { stale } from "./search.js";

/** @typedef {import("./api.js").Hit} Hit */

const LONGEST_QUESTION = 2000;

let opened = "";

/** Wire the dialog. */
export function wireItem() {
  const dialog = byId("item");
  dialog.addEventListener("close", () => {
    hush();
    opened = "";
    if (here().item) go({ item: "" });
  });
  dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (event.target === dialog) dialog.close();
  });
}

/**
 * Open or close the dialog as the address says.
 * @param {string} id of the item, empty for none
 * @param {boolean} writable
 */
export async function drawItem(id, writable) {
  const dialog = byId("item");
  if (!id) {
    if (dialog.open) dialog.close();
    return;
  }
  if (opened === id) return;
  opened = id;
  hush();
  dialog.replaceChildren(head(t("item.loading")));
  if (!dialog.open) dialog.showModal();
  try {
    const hit = await getItem(id);
    if (opened === id) dialog.replaceChildren(head(fileName(hit)), ...body(hit, writable));
  } catch (error) {
    if (opened === id) dialog.replaceChildren(head(t("error.title")), notice(told(error)));
  }
  dialog.querySelector("button")?.focus();
}

/** @param {string} title */
function head(title) {
  const close = element(
    "button",
    { type: "button", class: "icon-button", "aria-label": t("item.close"), onclick: () => byId("item").close() },
    icon("close"),
  );
  return element("header", {}, element("h2", { id: "item-title", dir: "auto" }, title), close);
}

/** @param {Hit} hit @param {boolean} writable @returns {Node[]} */
function body(hit, writable) {
  const facts = [
    ["item.kind", t(`hit.${hit.modality}`)],
    ["item.language", languageName(hit.language)],
    ["item.place", place(hit)],
    ["item.file", hit.file?.includes("/") ? hit.file : ""],
  ];
  const details = element(
    "dl",
    {},
    ...facts
      .filter(([, value]) => value)
      .map(([name, value]) =>
        element("div", {}, element("dt", {}, t(String(name))), element("dd", { dir: "auto" }, String(value))),
      ),
  );
  const actions = element("div", { class: "actions" });
  const problem = element("p", { class: "problem", role: "alert" });
  if (hit.text) actions.append(similar(hit));
  if (writable) actions.append(remove(hit, problem));
  return [content(hit), details, actions, problem];
}

/** @param {Hit} hit of text */
function similar(hit) {
  const q = (hit.text ?? "").slice(0, LONGEST_QUESTION);
  const look = () => go({ view: "search", q, voice: "", mode: "dense", page: 1, item: "" });
  return element("button", { type: "button", class: "pill", onclick: look }, icon("search"), t("item.similar"));
}

/** @param {Hit} hit @param {HTMLElement} problem @returns {HTMLElement} */
function remove(hit, problem) {
  const place = element("span", { class: "actions" });
  const gone = async () => {
    try {
      await deleteItem(hit.id);
      announce(t("item.deleted"));
      stale();
      window.dispatchEvent(new Event("collection-changed"));
      byId("item").close();
    } catch (error) {
      problem.textContent = told(error).message;
    }
  };
  const first = element("button", { type: "button", class: "quiet danger" }, t("item.delete"));
  const yes = element("button", { type: "button", class: "pill danger", onclick: gone }, t("item.delete.yes"));
  const no = element("button", { type: "button", class: "pill" }, t("item.delete.no"));
  const sure = element("span", { role: "alert" }, t("item.delete.sure"));
  first.addEventListener("click", () => {
    place.replaceChildren(sure, yes, no);
    no.focus();
  });
  no.addEventListener("click", () => {
    place.replaceChildren(first);
    first.focus();
  });
  place.append(first);
  return place;
}
