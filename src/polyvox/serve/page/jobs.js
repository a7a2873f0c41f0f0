/** A job of the server, followed to its end. */

import { getJob, jobEvents } from "./api.js";

/** @typedef {import("./api.js").Job} Job */

const POLL = 2000;

/** @param {Job} job */
export const over = (job) => job.state === "done" || job.state === "failed";

/**
 * Hear of every change of a job until it is over, by events (a job in an event has its problems), or by asking
 * where events do not come through.
 * @param {string} id
 * @param {(job: Job) => void} changed
 */
export function follow(id, changed) {
  const events = new EventSource(jobEvents(id));
  let finished = false;
  const take = (/** @type {Job} */ job) => {
    if (finished) return;
    finished = over(job);
    if (finished) events.close();
    changed(job);
  };
  const look = () => getJob(id).then(take, () => undefined);
  for (const name of ["progress", "done"]) {
    events.addEventListener(name, (event) => take(JSON.parse(/** @type {MessageEvent} */ (event).data)));
  }
  events.addEventListener("error", () => {
    if (finished) return;
    void look();
    if (events.readyState === EventSource.CLOSED) setTimeout(() => !finished && follow(id, changed), POLL);
  });
}
