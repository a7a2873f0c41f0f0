/** Which kind, which languages, which way of searching. */

import { disclose, element, icon, pill } from "./dom.js";
import { languageName, number, t } from "./i18n.js";
import { go, here } from "./route.js";

/** @typedef {import("./api.js").LanguageCount} LanguageCount */

const MODES = /** @type {const} */ (["hybrid", "dense", "lexical"]);
const SEARCHABLE_FROM = 9;

/** @param {Partial<import("./route.js").Place>} changes */
const choose = (changes) => go({ ...changes, page: 1 });

function kinds() {
  const now = here().modality;
  const values = /** @type {const} */ (["", "text", "speech"]);
  return element(
    "fieldset",
    { class: "segments" },
    element("legend", { class: "hidden-text" }, t("filter.modality")),
    ...values.map((value) =>
      element(
        "label",
        {},
        element("input", {
          type: "radio",
          name: "modality",
          value,
          checked: now === value,
          onchange: () => choose({ modality: value }),
        }),
        element("span", {}, t(`filter.${value || "all"}`)),
      ),
    ),
  );
}

/** @param {string[]} tags */
const chosenNames = (tags) =>
  tags.length === 0
    ? t("filter.languages")
    : tags.length === 1
      ? languageName(tags[0] ?? "")
      : t("filter.languages.some", { count: tags.length });

/** @param {LanguageCount} language @param {() => void} changed */
function tick(language, changed) {
  return element(
    "label",
    { class: "tick", "data-name": `${languageName(language.tag)} ${language.name} ${language.tag}`.toLowerCase() },
    element("input", {
      type: "checkbox",
      value: language.tag,
      checked: here().language.includes(language.tag),
      onchange: changed,
    }),
    element("span", {}, languageName(language.tag)),
    element("span", { class: "count" }, number(language.texts + language.recordings)),
  );
}

/** @param {LanguageCount[]} all */
function languages(all) {
  const box = element("div", { class: "ticks" });
  const unknownLast = [...all].sort((a, b) => Number(a.tag === "und") - Number(b.tag === "und"));
  const label = element("span", {}, chosenNames(here().language));
  const changed = () => {
    const ticked = /** @type {NodeListOf<HTMLInputElement>} */ (box.querySelectorAll("input:checked"));
    const tags = Array.from(ticked, (input) => input.value);
    label.textContent = chosenNames(tags);
    clear.hidden = !tags.length;
    choose({ language: tags });
  };
  box.append(...unknownLast.map((language) => tick(language, changed)));
  const find = element("input", {
    type: "search",
    "aria-label": t("filter.languages.find"),
    placeholder: t("filter.languages.find"),
    oninput: () => {
      const wanted = find.value.trim().toLowerCase();
      for (const row of /** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll(".tick"))) {
        row.hidden = !row.dataset["name"]?.includes(wanted);
      }
    },
  });
  const clear = element(
    "button",
    {
      type: "button",
      class: "quiet",
      hidden: !here().language.length,
      onclick: () => {
        for (const input of box.querySelectorAll("input")) input.checked = false;
        changed();
      },
    },
    t("filter.languages"),
  );
  const panel = element("div", { class: "menu", id: "language-menu", hidden: true });
  panel.append(...(all.length >= SEARCHABLE_FROM ? [find] : []), box, clear);
  const button = element(
    "button",
    { type: "button", class: "pill", id: "language-button", "aria-expanded": "false", "aria-controls": "language-menu" },
    label,
    icon("chevron"),
  );
  const anchor = element("div", { class: "menu-anchor" }, button, panel);
  disclose(button, panel);
  return anchor;
}

function modes() {
  const now = here();
  const select = element(
    "select",
    {
      "aria-label": t("filter.mode"),
      disabled: Boolean(now.voice),
      onchange: () => choose({ mode: /** @type {import("./api.js").Mode} */ (select.value) }),
    },
    ...MODES.map((mode) =>
      element("option", { value: mode, selected: (now.voice ? "dense" : now.mode) === mode }, t(`filter.mode.${mode}`)),
    ),
  );
  return pill(select);
}

/**
 * Draw the filters as the address says. The language menu stays as it is while it is open.
 * @param {HTMLElement} where
 * @param {LanguageCount[]} all
 */
export function drawFilters(where, all) {
  const open = where.querySelector("#language-menu:not([hidden])");
  if (open) return;
  const held = document.activeElement;
  const focused = held && where.contains(held) ? path(held) : null;
  where.replaceChildren(kinds(), languages(all), modes());
  if (focused) /** @type {HTMLElement | null} */ (where.querySelector(focused))?.focus();
}

/** @param {Element} control @returns {string} where to find it after the filters are drawn anew */
function path(control) {
  if (control.id) return `#${control.id}`;
  return control instanceof HTMLInputElement ? `input[value="${control.value}"]` : control.tagName.toLowerCase();
}
