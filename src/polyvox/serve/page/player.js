/** A player for a stretch of a recording: it starts at the stretch's first second and stops at its last. */

import { getPeaks } from "./api.js";
import { element, icon } from "./dom.js";
import { clock, t } from "./i18n.js";
import { Waveform } from "./waveform.js";

const BUCKETS = 200;
const FAINT = 0.02;
const KEYS = /** @type {Record<string, number>} */ ({
  ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -Infinity, End: Infinity,
});

/** @type {Player | null} */
let playing = null;

/** Stop whatever plays. */
export function hush() {
  playing?.pause();
}

/** Peaks are asked for only when their player comes near the screen. */
const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      near.unobserve(entry.target);
      entry.target.dispatchEvent(new Event("near"));
    }
  },
  { rootMargin: "200px" },
);

/**
 * @param {import("./api.js").Hit} hit of speech
 * @returns {HTMLElement}
 */
export function player(hit) {
  return new Player(hit).root;
}

/** A quiet recording has a shape too. @param {number[]} peaks */
function louder(peaks) {
  const highest = Math.max(FAINT, ...peaks);
  return peaks.map((peak) => peak / highest);
}

class Player {
  /** @param {import("./api.js").Hit} hit */
  constructor(hit) {
    this.url = hit.audio ?? "";
    this.offset = hit.audio_start ?? 0;
    this.start = hit.start ?? 0;
    this.end = hit.end ?? this.start;
    this.at = this.start;
    this.file = hit.file?.split("/").pop() ?? t("hit.speech");
    this.from = hit.start === null ? "" : clock(this.start);
    /** @type {HTMLAudioElement | null} */
    this.audio = null;
    this.button = element("button", { class: "play", type: "button", onclick: () => this.toggle() });
    this.track = element("div", {
      class: "track",
      role: "slider",
      tabindex: 0,
      "aria-label": t("player.position"),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      onpointerdown: (/** @type {PointerEvent} */ event) => this.press(event),
      onpointermove: (/** @type {PointerEvent} */ event) => event.buttons && this.press(event),
    });
    this.time = element("span", { class: "time" });
    this.trouble = element("p", { class: "problem", role: "alert" });
    this.root = element("div", { class: "player", dir: "ltr" }, this.button, this.track, this.time, this.trouble);
    this.wave = new Waveform(this.track);
    this.track.addEventListener("near", () => void this.loadPeaks(hit.peaks));
    near.observe(this.track);
    this.show();
    this.face(false);
  }

  /** @param {string | null} url */
  async loadPeaks(url) {
    try {
      const found = url ? await getPeaks(url, BUCKETS) : null;
      if (found) this.wave.show(louder(found.peaks));
    } catch {
      // The bars stay flat; the recording can be played all the same.
    }
    this.track.classList.add("ready");
  }

  get length() {
    return Math.max(0.01, this.end - this.start);
  }

  toggle() {
    if (this.audio && !this.audio.paused) this.pause();
    else void this.play();
  }

  /** The sound, loaded when it is first wanted. @returns {HTMLAudioElement} */
  sound() {
    if (this.audio) return this.audio;
    const audio = new Audio();
    audio.preload = "auto";
    audio.addEventListener("play", () => this.face(true));
    audio.addEventListener("pause", () => this.face(false));
    audio.addEventListener("error", () => this.fail());
    audio.addEventListener("ended", () => this.finish());
    audio.src = this.url;
    this.root.append(audio);
    this.audio = audio;
    return audio;
  }

  async play() {
    if (playing !== this) hush();
    playing = this;
    if (this.at >= this.end - 0.05) this.at = this.start;
    const audio = this.sound();
    this.root.classList.add("loading");
    audio.currentTime = this.at - this.offset;
    try {
      await audio.play();
      this.follow();
    } catch (error) {
      if (/** @type {DOMException} */ (error).name !== "AbortError") this.fail();
    } finally {
      this.root.classList.remove("loading");
    }
  }

  pause() {
    this.audio?.pause();
  }

  /** Move with the sound until it pauses or the stretch ends. */
  follow() {
    const audio = this.audio;
    if (!audio || audio.paused) return;
    this.at = Math.max(this.start, audio.currentTime + this.offset);
    if (this.at >= this.end) this.finish();
    else requestAnimationFrame(() => this.follow());
    this.show();
  }

  finish() {
    this.pause();
    this.at = this.end;
    this.show();
  }

  fail() {
    const link = element("a", { href: this.url, download: this.file }, t("player.download"));
    this.trouble.replaceChildren(t("player.failed"), " ", link);
    this.face(false);
  }

  /** @param {number} seconds into the recording */
  seek(seconds) {
    this.at = Math.min(this.end, Math.max(this.start, seconds));
    if (this.audio) this.audio.currentTime = this.at - this.offset;
    this.show();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = KEYS[event.key];
    if (event.key === " " || event.key === "Enter") this.toggle();
    else if (step === undefined) return;
    else this.seek(this.at + step);
    event.preventDefault();
  }

  /** @param {PointerEvent} event */
  press(event) {
    const box = this.track.getBoundingClientRect();
    this.seek(this.start + ((event.clientX - box.left) / box.width) * this.length);
    if (event.type === "pointerdown") {
      this.track.setPointerCapture(event.pointerId);
      if (!this.audio || this.audio.paused) void this.play();
    }
  }

  show() {
    this.wave.progress((this.at - this.start) / this.length);
    this.time.textContent = clock(this.at);
    const values = { min: this.start, max: this.end, now: this.at };
    for (const [name, value] of Object.entries(values)) this.track.setAttribute(`aria-value${name}`, value.toFixed(1));
    this.track.setAttribute("aria-valuetext", t("player.at", { time: clock(this.at), end: clock(this.end) }));
  }

  /** @param {boolean} on */
  face(on) {
    this.root.classList.toggle("playing", on);
    this.button.replaceChildren(icon(on ? "pause" : "play"));
    const said = on ? t("player.pause") : t("player.play.from", { file: this.file, time: this.from });
    this.button.setAttribute("aria-label", said);
  }
}
