/** The add view: files and texts on their way into the collection. */

import { addText, getJobs } from "./api.js";
import { announce, byId, element, icon, pill } from "./dom.js";
import { Card } from "./card.js";
import { current, size, t } from "./i18n.js";
import { over } from "./jobs.js";
import { told } from "./problem.js";
import { tongues } from "./tongues.js";
import { batched } from "./upload.js";

/** @typedef {import("./api.js").Collection} Collection */

const LONGEST_TEXT = 16_384;

/** @type {Collection | null} */
let collection = null;
let drawn = "";
/** @type {Map<string, Card>} */
const cards = new Map();
/** @type {Promise<void>} */
let queue = Promise.resolve();

/**
 * @param {HTMLElement} where
 * @param {Collection} now
 */
export function drawAdd(where, now) {
  collection = now;
  if (drawn === current()) return;
  drawn = current();
  const work = element("div", { id: "work" }, ...[...cards.values()].map((card) => card.redraw()));
  where.replaceChildren(dropZone(now), language(now), textForm(), work);
  void listJobs();
}

/** @param {Collection} now */
function dropZone(now) {
  const input = element("input", {
    type: "file",
    id: "files",
    multiple: true,
    accept: now.suffixes.join(","),
    class: "hidden-text",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => {
      addFiles(Array.from(input.files ?? []));
      input.value = "";
    },
  });
  const { upload_bytes: bytes, upload_files: files } = now.limits;
  return element(
    "div",
    { class: "drop-zone" },
    icon("upload"),
    element("p", { class: "drop-title" }, t("add.drop")),
    element("button", { type: "button", class: "primary", onclick: () => input.click() }, t("add.choose")),
    element("p", { class: "fine" }, t("add.formats", { size: size(bytes), files })),
    input,
  );
}

/** @param {Collection} now */
function language(now) {
  const label = element("label", { for: "new-language" }, t("add.language"));
  return element("div", { class: "spoken" }, label, pill(tongues("new-language", now.languages)));
}

function textForm() {
  const text = element("textarea", { id: "new-text", rows: 4, dir: "auto", required: true, maxlength: LONGEST_TEXT });
  const problem = element("p", { class: "problem", role: "alert" });
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    problem.textContent = "";
    try {
      const job = await addText(text.value.trim(), byId("new-language").value);
      text.value = "";
      const card = Card.ofJob(job);
      put(job.id, card);
      card.follow(job.id, finished);
    } catch (error) {
      const { message, hint } = told(error);
      problem.textContent = `${message} ${hint}`;
    }
  };
  return element(
    "details",
    { class: "fold" },
    element("summary", {}, t("add.text")),
    element(
      "form",
      { class: "stack", onsubmit: send },
      element("label", { for: "new-text" }, t("add.text.label")),
      text,
      element("button", { type: "submit", class: "primary" }, t("add.text.send")),
      problem,
    ),
  );
}

/**
 * Send files, one request after the other, and show each on a card.
 * @param {File[]} files
 */
export function addFiles(files) {
  if (!collection || !files.length) return;
  const { batches, refused } = batched(files, collection.limits);
  const tag = byId("new-language").value;
  const limit = { size: size(collection.limits.upload_bytes) };
  for (const file of refused) {
    const card = Card.of([file]);
    card.refuse({ message: t("drop.too_big", { file: file.name }), hint: t("drop.too_big.hint", limit) });
    put(file.name + file.lastModified, card);
  }
  for (const batch of batches) {
    const card = Card.of(batch);
    put(crypto.randomUUID?.() ?? String(Math.random()), card);
    queue = queue.then(() => send(card, batch, tag));
  }
}

/** @param {Card} card @param {File[]} files @param {string} language */
async function send(card, files, language) {
  const job = await card.send(files, language);
  if (!job) return;
  cards.set(job, card);
  card.follow(job, finished);
}

/** @param {string} key @param {Card} card */
function put(key, card) {
  cards.set(key, card);
  byId("work").prepend(card.root);
}

/** @param {string} said */
function finished(said) {
  announce(said);
  window.dispatchEvent(new Event("collection-changed"));
}

/** Show the jobs that the server still knows, such as those of before a reload. */
async function listJobs() {
  try {
    for (const job of await getJobs()) {
      if (cards.has(job.id)) continue;
      const card = Card.ofJob(job);
      cards.set(job.id, card);
      byId("work").append(card.root);
      if (!over(job)) card.follow(job.id, finished);
    }
  } catch {
    // Old jobs are a courtesy; new ones report their own troubles.
  }
}
