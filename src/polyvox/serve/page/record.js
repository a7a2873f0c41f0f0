/** Asking by voice: the search box turns into a level meter until the question is spoken. */

import { announce, byId } from "./dom.js";
import { clock, t } from "./i18n.js";
import { hush } from "./player.js";
import { report } from "./problem.js";
import { MicrophoneError, Recorder } from "./recorder.js";
import { pauseQuestion } from "./voice.js";

const LONGEST = 30;
const COUNTDOWN = 5;
const SILENT_AFTER = 2.5;
const SILENT_BELOW = 0.08;
const BAR = 5;
const TICK = 1000 / 20;

/** @type {Recording | null} */
let now = null;

/**
 * Wire the microphone button.
 * @param {(question: File) => void} asked
 * @param {() => number} longest seconds that the server accepts
 */
export function wireMicrophone(asked, longest) {
  byId("mic").addEventListener("click", () => void begin(asked, Math.min(LONGEST, longest())));
  byId("record-stop").addEventListener("click", () => void now?.finish());
  byId("record-cancel").addEventListener("click", () => now?.cancel());
  document.addEventListener("keydown", (event) => {
    if (!now) return;
    if (event.key === "Escape") now.cancel();
    else if (event.key !== "Enter" || event.target === byId("record-cancel")) return;
    else void now.finish();
    event.preventDefault();
  });
}

/** Stop a recording that is going on and forget it. */
export function dropRecording() {
  now?.cancel();
}

/** @param {(question: File) => void} asked @param {number} longest */
async function begin(asked, longest) {
  if (now) return;
  const [button, problem] = [byId("mic"), byId("ask-problem")];
  problem.hidden = true;
  // The microphone must not hear the loudspeaker.
  hush();
  pauseQuestion();
  button.disabled = true;
  hint(t("record.asking"));
  try {
    now = new Recording(await Recorder.start(), asked, longest);
  } catch (error) {
    hint("");
    const trouble = error instanceof MicrophoneError ? error.trouble : "unsupported";
    report(problem, { message: t(`record.${trouble}`), hint: t(`record.${trouble}.hint`) });
  } finally {
    button.disabled = false;
  }
}

/** @param {string} text */
function hint(text) {
  const place = byId("record-hint");
  if (place.textContent === text) return;
  place.textContent = text;
  place.hidden = !text;
  if (text) announce(text);
}

class Recording {
  /**
   * @param {Recorder} recorder
   * @param {(question: File) => void} asked
   * @param {number} longest
   */
  constructor(recorder, asked, longest) {
    this.recorder = recorder;
    this.asked = asked;
    this.longest = longest;
    /** @type {number[]} */
    this.levels = [];
    this.heard = 0;
    this.show(true);
    byId("record-stop").focus();
    hint(this.advice);
    this.timer = setInterval(() => this.tick(), TICK);
    this.tick();
  }

  /** What to do; the keys are named only where there are keys. */
  get advice() {
    return t(matchMedia("(hover: hover)").matches ? "record.speak.keys" : "record.speak");
  }

  /** @param {boolean} on */
  show(on) {
    byId("recording").hidden = !on;
    byId("search-form").hidden = on;
  }

  tick() {
    const { seconds, level } = this.recorder;
    this.levels.push(level);
    if (level > SILENT_BELOW) this.heard = seconds;
    byId("record-time").textContent = clock(seconds, 0);
    this.draw();
    const left = Math.ceil(this.longest - seconds);
    if (left <= COUNTDOWN) hint(t("record.left", { count: Math.max(0, left) }));
    else hint(seconds - this.heard > SILENT_AFTER ? t("record.silent") : this.advice);
    if (left <= 0) void this.finish();
  }

  draw() {
    const canvas = /** @type {HTMLCanvasElement} */ (byId("record-level"));
    const { clientWidth: width, clientHeight: height } = canvas;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.scale(scale, scale);
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.lineWidth = 3;
    pen.lineCap = "round";
    const count = Math.floor(width / BAR);
    const latest = this.levels.slice(-count);
    latest.forEach((level, at) => {
      const x = width - (latest.length - at) * BAR + BAR / 2;
      const half = Math.max(0.5, (level * (height - 4)) / 2);
      pen.globalAlpha = 0.35 + 0.65 * level;
      pen.beginPath();
      pen.moveTo(x, height / 2 - half);
      pen.lineTo(x, height / 2 + half);
      pen.stroke();
    });
  }

  end() {
    clearInterval(this.timer);
    now = null;
    this.show(false);
    hint("");
  }

  cancel() {
    this.end();
    this.recorder.cancel();
    announce(t("record.cancelled"));
    byId("mic").focus();
  }

  async finish() {
    if (now !== this) return;
    this.end();
    const question = await this.recorder.stop();
    if (question.size) this.asked(question);
    else report(byId("ask-problem"), { message: t("record.empty"), hint: t("record.empty.hint") });
  }
}
