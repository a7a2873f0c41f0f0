/** The recorded question: kept in the page, shown in the search box. */

import { byId, element, icon } from "./dom.js";
import { clock, t } from "./i18n.js";
import { hush } from "./player.js";
import { Waveform, peaksOf } from "./waveform.js";

const KEPT = 20;
const BUCKETS = 120;

/** @type {Map<string, File>} */
const questions = new Map();

/** @param {File} question @returns {string} the number it is kept under */
export function keepQuestion(question) {
  const id = crypto.randomUUID?.() ?? String(Math.random());
  questions.set(id, question);
  const oldest = questions.keys().next().value;
  if (questions.size > KEPT && oldest) questions.delete(oldest);
  return id;
}

/** @param {string} id @returns {File | undefined} */
export const question = (id) => questions.get(id);

/** @type {{id: string, audio: HTMLAudioElement, url: string} | null} */
let shown = null;

/** Stop playing the question. */
export function pauseQuestion() {
  shown?.audio.pause();
}

/** Put the words' box back in the place of a recorded question. */
export function hideQuestion() {
  if (shown) {
    shown.audio.pause();
    URL.revokeObjectURL(shown.url);
  }
  shown = null;
  byId("voice-query").hidden = true;
  byId("voice-query").replaceChildren();
  byId("query").hidden = false;
}

/**
 * Show a recorded question in the search box, to be heard again or removed.
 * @param {string} id
 * @param {() => void} removed
 */
export function showQuestion(id, removed) {
  const file = questions.get(id);
  if (!file || shown?.id === id) return;
  hideQuestion();
  const url = URL.createObjectURL(file);
  const audio = new Audio(url);
  shown = { id, audio, url };
  const button = element("button", { type: "button", class: "icon-button", "aria-label": t("voice.play") });
  const face = () => button.replaceChildren(icon(audio.paused ? "play" : "pause"));
  const track = element("div", { class: "track ready", "aria-hidden": "true" });
  const time = element("span", { class: "time", dir: "ltr" });
  const clear = element(
    "button",
    { type: "button", class: "icon-button", id: "voice-clear", "aria-label": t("voice.clear"), title: t("voice.clear"), onclick: removed },
    icon("close"),
  );
  button.addEventListener("click", () => {
    if (!audio.paused) return audio.pause();
    hush();
    return void audio.play().catch(face);
  });
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, face);
  const place = byId("voice-query");
  const name = element("span", { class: "hidden-text" }, t("voice.spoken"));
  place.replaceChildren(name, button, element("div", { class: "track-box", dir: "ltr" }, track), time, clear);
  place.hidden = false;
  byId("query").hidden = true;
  face();
  void draw(file, track, time, audio);
}

/**
 * @param {File} file
 * @param {HTMLElement} track
 * @param {HTMLElement} time
 * @param {HTMLAudioElement} audio
 */
async function draw(file, track, time, audio) {
  const wave = new Waveform(track);
  const found = await peaksOf(file, BUCKETS);
  if (!found) {
    time.textContent = file.name;
    return;
  }
  wave.show(found.peaks);
  time.textContent = clock(found.seconds);
  audio.addEventListener("timeupdate", () => wave.progress(Math.min(1, audio.currentTime / found.seconds)));
  audio.addEventListener("ended", () => wave.progress(0));
}
