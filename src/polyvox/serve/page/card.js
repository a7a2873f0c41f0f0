/** One upload: how far it is, what could not be read. */

import { element, icon } from "./dom.js";
import { duration, percent, size, t } from "./i18n.js";
import { follow, over } from "./jobs.js";
import { told } from "./problem.js";
import { upload } from "./upload.js";

/** @typedef {import("./api.js").Job} Job */
/** @typedef {import("./problem.js").Told} Told */
/** @typedef {{share: number} | {job: Job} | {told: Told} | "cancelled"} State */

export class Card {
  /** @param {File[]} files */
  static of(files) {
    const names = files.length === 1 ? (files[0]?.name ?? "") : "";
    return new Card(names, files.length, files.reduce((sum, file) => sum + file.size, 0), { share: 0 });
  }

  /** @param {Job} job that another page, or this one before a reload, has begun */
  static ofJob(job) {
    return new Card(job.kind === "texts" ? t("add.kind.texts") : "", job.files, 0, { job });
  }

  /**
   * @param {string} name
   * @param {number} count of files
   * @param {number} bytes
   * @param {State} state
   */
  constructor(name, count, bytes, state) {
    this.name = name;
    this.count = count;
    this.bytes = bytes;
    /** @type {State} */
    this.state = state;
    this.stop = new AbortController();
    this.root = element("article", { class: "card" });
    this.title = element("h2", { dir: "auto" });
    this.bar = element("progress", { max: 1 });
    this.status = element("p", { class: "fine" });
    this.problems = element("ul", { class: "problems" });
    this.cancel = element("button", { type: "button", class: "quiet", onclick: () => this.stop.abort() });
    this.root.append(element("header", {}, this.title, this.cancel), this.bar, this.status, this.problems);
    this.redraw();
  }

  /**
   * @param {File[]} files
   * @param {string} language
   * @returns {Promise<string>} the job's id, empty when they did not arrive
   */
  async send(files, language) {
    try {
      const job = await upload(files, language, (share) => this.become({ share }), this.stop.signal);
      this.become({ job });
      return job.id;
    } catch (error) {
      this.become(this.stop.signal.aborted ? "cancelled" : { told: told(error) });
      return "";
    }
  }

  /** @param {string} id @param {(said: string) => void} finished */
  follow(id, finished) {
    follow(id, (job) => {
      this.become({ job });
      if (over(job)) finished(`${this.title.textContent}: ${this.status.textContent}`);
    });
  }

  /** @param {Told} problem */
  refuse(problem) {
    this.become({ told: problem });
  }

  /** @param {State} state */
  become(state) {
    this.state = state;
    this.redraw();
  }

  /** @returns {HTMLElement} */
  redraw() {
    const { state } = this;
    const sending = typeof state === "object" && "share" in state;
    const job = typeof state === "object" && "job" in state ? state.job : null;
    const working = sending || (job !== null && !over(job));
    this.title.textContent = this.name || t("add.files", { count: this.count });
    this.bar.setAttribute("aria-label", this.title.textContent);
    this.bar.hidden = !working;
    this.cancel.hidden = !sending;
    this.cancel.textContent = t("add.cancel");
    this.root.classList.toggle("finished", !working);
    this.root.dataset["state"] = job ? job.state : sending ? "sending" : "failed";
    if (sending) this.bar.value = state.share;
    else if (job && job.state !== "queued") this.bar.value = job.total ? job.done / job.total : 0;
    else this.bar.removeAttribute("value");
    const good = job?.state === "done" && !job.problems.length;
    this.status.replaceChildren(...(working ? [] : [icon(good ? "check" : "alert")]), this.words());
    this.problems.replaceChildren(...(job?.problems ?? []).map(problem));
    return this.root;
  }

  /** @returns {string} */
  words() {
    const { state } = this;
    if (state === "cancelled") return t("add.cancelled");
    if ("told" in state) return `${state.told.message} ${state.told.hint}`;
    if ("share" in state) return t("add.sending", { share: percent(state.share), size: size(this.bytes) });
    return progress(state.job);
  }
}

/** @param {Job} job @returns {string} */
function progress(job) {
  if (job.state === "failed") return t("add.failed");
  if (job.state === "queued") return t("add.queued");
  if (job.state === "done") {
    const found = job.items ? t("add.done", { count: job.items }) : t("add.nothing");
    return joined(found, job.problems.length && t("add.problems", { count: job.problems.length }));
  }
  const share = percent(job.total ? job.done / job.total : 0);
  const said = job.file ? t("add.reading.file", { file: job.file, share }) : t("add.reading", { share });
  return joined(said, job.eta_seconds && t("add.left", { time: duration(job.eta_seconds) }));
}

/** @param {...(string | number | null)} said @returns {string} */
const joined = (...said) => said.filter(Boolean).join(" · ");

/** @param {import("./api.js").Problem} problem */
function problem({ file, message }) {
  return element("li", {}, element("strong", { dir: "auto" }, file), " ", element("span", { dir: "auto" }, message));
}
