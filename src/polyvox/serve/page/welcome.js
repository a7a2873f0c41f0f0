/** What the page says before the first question: what is here, and what could be asked. */

import { element } from "./dom.js";
import { direction, languageName, t } from "./i18n.js";
import { go } from "./route.js";

const EXAMPLES_SHOWN = 6;

/** @type {Promise<Record<string, string[]>> | null} */
let examples = null;

async function loadExamples() {
  const response = await fetch("/assets/examples.json");
  return response.ok ? response.json() : {};
}

/** @param {import("./api.js").Collection} collection */
function summary(collection) {
  const named = collection.languages.filter((language) => language.tag !== "und").length;
  const facts = [
    [collection.texts, "welcome.texts"],
    [collection.recordings, "welcome.recordings"],
    [collection.files, "welcome.files"],
    [named, "welcome.languages"],
  ];
  const said = facts.filter(([count]) => count).map(([count, key]) => t(String(key), { count: Number(count) }));
  return element("p", { class: "facts" }, ...said.map((fact) => element("span", {}, fact)));
}

/** @param {string} tag @param {string} words */
function example(tag, words) {
  return element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "example", onclick: () => go({ q: words, voice: "", page: 1 }) },
      element("span", { class: "example-words", lang: tag, dir: direction(tag) }, words),
      element("span", { class: "example-language" }, languageName(tag)),
    ),
  );
}

/** @param {import("./api.js").Collection} collection @returns {Promise<[string, string][]>} */
async function questions(collection) {
  examples ??= loadExamples();
  const known = await examples;
  const tags = collection.languages.map((language) => language.tag.split("-")[0] ?? "");
  const spoken = [...new Set(tags)].filter((tag) => Object.hasOwn(known, tag)).slice(0, EXAMPLES_SHOWN);
  // Each language asks another thing, so that the examples show more than one subject.
  return spoken.map((tag, at) => [tag, known[tag]?.[at % (known[tag]?.length || 1)] ?? ""]);
}

/** @param {import("./api.js").Collection} collection */
function nothingYet(collection) {
  const { writable } = collection;
  return element(
    "div",
    { class: "blank" },
    element("h2", {}, t("welcome.empty")),
    element("p", {}, t(writable ? "welcome.empty.lead" : "welcome.empty.wait")),
    writable && element("button", { type: "button", class: "primary", onclick: () => go({ view: "add" }) }, t("add.title")),
  );
}

/**
 * @param {HTMLElement} where
 * @param {import("./api.js").Collection} collection
 */
export async function welcome(where, collection) {
  if (!collection.items) {
    where.replaceChildren(nothingYet(collection));
    return;
  }
  const asked = await questions(collection);
  where.replaceChildren(
    summary(collection),
    ...(asked.length
      ? [
          element("h2", { class: "quiet-title" }, t("welcome.examples")),
          element("ul", { class: "examples" }, ...asked.map(([tag, words]) => example(tag, words))),
        ]
      : []),
  );
}
