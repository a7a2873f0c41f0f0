/** Files on their way to the server, with the bytes that have arrived. */

import { ApiError, refusal } from "./api.js";

/**
 * Split files into requests that stay within the limits. A file that is too large on its own is set aside.
 * @param {File[]} files
 * @param {import("./api.js").Limits} limits
 * @returns {{batches: File[][], refused: File[]}}
 */
export function batched(files, limits) {
  /** @type {File[][]} */
  const batches = [];
  const refused = [];
  let bytes = Infinity;
  for (const file of files) {
    if (file.size > limits.upload_bytes) {
      refused.push(file);
      continue;
    }
    const last = batches.at(-1);
    if (last && last.length < limits.upload_files && bytes + file.size <= limits.upload_bytes) {
      last.push(file);
      bytes += file.size;
    } else {
      batches.push([file]);
      bytes = file.size;
    }
  }
  return { batches, refused };
}

/**
 * Send one request of files. Fetch cannot tell how much is sent, XMLHttpRequest can.
 * @param {File[]} files
 * @param {string} language of all of them, empty where it is not stated
 * @param {(share: number) => void} sent hears the share of bytes that has left, from 0 to 1
 * @param {AbortSignal} signal
 * @returns {Promise<import("./api.js").Job>} the job that reads them
 */
export function upload(files, language, sent, signal) {
  const form = new FormData();
  if (language) form.append("language", language);
  for (const file of files) form.append("files", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/files");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) sent(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status >= 300) reject(refusal(request.status, request.responseText));
      else resolve(JSON.parse(request.responseText).job);
    });
    request.addEventListener("error", () => reject(new ApiError(0, "")));
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
