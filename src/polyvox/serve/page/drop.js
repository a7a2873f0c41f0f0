/** Files dropped on the page or pasted into it: a question in the search view, documents in the add view. */

import { byId } from "./dom.js";
import { size, t } from "./i18n.js";
import { report } from "./problem.js";
import { here } from "./route.js";

const NOT_SOUND = /^(text|image|font)\/|^application\/(pdf|json|zip|xml|msword|rtf|vnd\.(openxml|oasis|ms-))/;

/** @param {DataTransfer | null} data @returns {File[]} */
const filesOf = (data) => Array.from(data?.files ?? []);

/**
 * Refuse what cannot be a question before it is sent.
 * @param {File} file
 * @param {number} most bytes
 * @returns {import("./problem.js").Told | null}
 */
function objection(file, most) {
  const said = { file: file.name, size: size(most) };
  if (NOT_SOUND.test(file.type)) return { message: t("drop.not_audio", said), hint: t("drop.not_audio.hint") };
  if (file.size > most) return { message: t("drop.too_big", said), hint: t("drop.too_big.hint", said) };
  return null;
}

/**
 * @param {{ask: (file: File) => void, add: (files: File[]) => void, most: () => number, writable: () => boolean}} actions
 */
export function wireDrops(actions) {
  const veil = byId("drop-veil");
  let depth = 0;
  const take = (/** @type {File[]} */ files) => {
    const [first] = files;
    const { view } = here();
    if (!first) return;
    if (view === "add" && actions.writable()) return actions.add(files);
    if (view !== "search") return;
    const problem = objection(first, actions.most());
    if (problem) report(byId("ask-problem"), problem);
    else actions.ask(first);
  };
  const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  const unveil = () => {
    depth = 0;
    veil.hidden = true;
  };
  window.addEventListener("dragenter", (event) => {
    if (!holdsFiles(event) || here().view === "map") return;
    depth += 1;
    veil.firstElementChild.textContent = t(here().view === "add" ? "drop.add" : "drop.search");
    veil.hidden = false;
  });
  window.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth <= 0) unveil();
  });
  window.addEventListener("dragover", (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    unveil();
    take(filesOf(event.dataTransfer));
  });
  window.addEventListener("paste", (event) => {
    const files = filesOf(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    take(files);
  });
}
