/** Errors told to a person: what happened, and what to do. */

import { ApiError } from "./api.js";
import { announce, element, icon } from "./dom.js";
import { t } from "./i18n.js";

/** @typedef {{message: string, hint: string}} Told */

/** @type {Record<number, string>} */
const KNOWN = { 0: "network", 403: "forbidden", 404: "gone", 413: "size", 429: "busy" };

/** @param {unknown} error @returns {Told} */
export function told(error) {
  if (!(error instanceof ApiError)) {
    return { message: t("error.title"), hint: error instanceof Error ? error.message : "" };
  }
  const key = KNOWN[error.status] ?? (error.status >= 500 ? "server" : "");
  if (!key) return { message: error.message || t("error.title"), hint: error.hint };
  const hint = t(`error.${key}.hint`);
  const own = hint.startsWith("error.") ? "" : hint;
  return { message: t(`error.${key}`), hint: own || [error.message, error.hint].filter(Boolean).join(" ") };
}

/**
 * @param {Told} problem
 * @param {(() => void) | null} [again] what "Try again" does
 * @returns {HTMLElement}
 */
export function notice(problem, again = null) {
  return element(
    "div",
    { class: "notice" },
    icon("alert"),
    element(
      "div",
      {},
      element("p", { class: "notice-title", dir: "auto" }, problem.message),
      problem.hint && element("p", { dir: "auto" }, problem.hint),
      again && element("button", { type: "button", class: "quiet", onclick: again }, t("error.again")),
    ),
  );
}

/**
 * Show a problem in a place and say it.
 * @param {HTMLElement} where
 * @param {Told} problem
 * @param {(() => void) | null} [again]
 */
export function report(where, problem, again = null) {
  where.replaceChildren(notice(problem, again));
  where.hidden = false;
  announce(`${problem.message} ${problem.hint}`);
}
