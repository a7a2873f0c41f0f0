/** The server's HTTP API as functions. */

/**
 * @typedef {"text" | "speech"} Modality
 * @typedef {"hybrid" | "dense" | "lexical"} Mode
 * @typedef {{tag: string, name: string, texts: number, recordings: number}} LanguageCount
 * @typedef {{upload_bytes: number, upload_seconds: number, upload_files: number, query_bytes: number,
 *   query_seconds: number}} Limits
 * @typedef {{name: string, items: number, texts: number, recordings: number, files: number,
 *   languages: LanguageCount[], model: string, dimension: number, modalities: Modality[], writable: boolean,
 *   limits: Limits, suffixes: string[]}} Collection
 * @typedef {{id: string, rank?: number, score?: number, modality: Modality, language: string,
 *   text: string | null, highlights?: [number, number][], file: string | null, start: number | null,
 *   end: number | null, page: string | null, audio: string | null, audio_start: number,
 *   peaks: string | null}} Hit
 * @typedef {{hits: Hit[], more: boolean, took_ms: number, query: {text: string | null, seconds: number | null}}} Answer
 * @typedef {{limit: number, offset: number, language: string[], modality: Modality | "", mode: Mode}} Wish
 * @typedef {{file: string, message: string}} Problem
 * @typedef {{id: string, kind: "files" | "texts", state: "queued" | "running" | "done" | "failed", done: number,
 *   total: number, file: string | null, files: number, items: number, problems: Problem[], eta_seconds: number | null}} Job
 * @typedef {{id: string, x: number, y: number, language: string, modality: Modality, label: string}} Point
 * @typedef {{points: Point[], method: string, explained: number[]}} MapAnswer
 * @typedef {{start: number, end: number, peaks: number[]}} Peaks
 */

/** What went wrong, in the server's words; `status` is 0 when no server answered. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   * @param {string} [hint]
   */
  constructor(status, message, hint = "") {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

/** Told when the server wants a token. */
export const gate = new EventTarget();

/**
 * @param {number} status
 * @param {string} body
 * @returns {ApiError}
 */
export function refusal(status, body) {
  if (status === 401) gate.dispatchEvent(new Event("closed"));
  try {
    const { error } = JSON.parse(body);
    return new ApiError(status, String(error.message ?? ""), String(error.hint ?? ""));
  } catch {
    return new ApiError(status, "");
  }
}

const LONGEST_WAIT = 3;

/** @param {Response} response that says "too many requests" @returns {Promise<void>} after the time it asks for */
function pause(response) {
  const seconds = Math.min(LONGEST_WAIT, Number(response.headers.get("retry-after")) || 1);
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {boolean} [patient] whether to ask once more when the server says that there were too many requests
 * @returns {Promise<any>} the JSON of the answer; null where there is none
 */
async function call(path, init = {}, patient = true) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, "");
  }
  if (response.status === 429 && patient) {
    await pause(response);
    return call(path, init, false);
  }
  const body = await response.text();
  if (!response.ok) throw refusal(response.status, body);
  return body ? JSON.parse(body) : null;
}

/** @param {string} path @param {object} value @param {AbortSignal} [signal] */
function post(path, value, signal) {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
    signal: signal ?? null,
  });
}

/** @returns {Promise<Collection>} */
export const getCollection = () => call("/v1/collection");

/** @param {string} token */
export const openSession = (token) => post("/v1/session", { token });

/**
 * @param {string} query
 * @param {Wish} wish
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function searchText(query, wish, signal) {
  const { language, modality, ...rest } = wish;
  return post("/v1/search", { query, ...rest, ...(language.length && { language }), ...(modality && { modality }) }, signal);
}

/**
 * @param {Blob} audio
 * @param {string} name
 * @param {Wish} wish
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export function searchAudio(audio, name, wish, signal) {
  const form = new FormData();
  form.append("file", audio, name);
  form.append("limit", String(wish.limit));
  form.append("offset", String(wish.offset));
  for (const tag of wish.language) form.append("language", tag);
  if (wish.modality) form.append("modality", wish.modality);
  return call("/v1/search/audio", { method: "POST", body: form, signal });
}

/** @param {string} id @returns {Promise<Hit>} */
export const getItem = (id) => call(`/v1/items/${encodeURIComponent(id)}`);

/** @param {string} id */
export const deleteItem = (id) => call(`/v1/items/${encodeURIComponent(id)}`, { method: "DELETE" });

/** @param {string} url @param {number} buckets @returns {Promise<Peaks>} */
export const getPeaks = (url, buckets) => call(`${url}?buckets=${buckets}`);

/** @param {number} limit @returns {Promise<MapAnswer>} */
export const getMap = (limit) => call(`/v1/map?limit=${limit}`);

/** @param {string} text @param {string} language @returns {Promise<Job>} the job that reads it */
export const addText = async (text, language) =>
  (await post("/v1/texts", { texts: [{ text, ...(language && { language }) }] })).job;

/** @returns {Promise<Job[]>} the newest first */
export const getJobs = async () => (await call("/v1/jobs")).jobs;

/** @param {string} id @returns {Promise<Job>} */
export const getJob = (id) => call(`/v1/jobs/${encodeURIComponent(id)}`);

/** @param {string} id @returns {string} */
export const jobEvents = (id) => `/v1/jobs/${encodeURIComponent(id)}/events`;
