/** A job of the server, followed to its end. */

import { ApiError, getJob, jobEvents } from "./api.js";

/** @typedef {import("./api.js").Job} Job */

const POLL = 2000;
const MOST = 2;

/** @type {(() => void)[]} */
const waiting = [];
let open = 0;

/** @param {Job} job */
export const over = (job) => job.state === "done" || job.state === "failed";

/**
 * Hear of every change of a job until it is over. A browser keeps six connections to a server and each stream of
 * events takes one, so only some jobs are followed at a time; the server does them one after the other anyway.
 * @param {string} id
 * @param {(job: Job) => void} changed
 */
export function follow(id, changed) {
  waiting.push(() => listen(id, changed));
  next();
}

function next() {
  if (open >= MOST) return;
  const start = waiting.shift();
  if (!start) return;
  open += 1;
  start();
}

/**
 * By events (a job in an event has its problems), and by asking where events do not come through.
 * @param {string} id
 * @param {(job: Job) => void} changed
 */
function listen(id, changed) {
  const events = new EventSource(jobEvents(id));
  let finished = false;
  const end = () => {
    finished = true;
    events.close();
    open -= 1;
    next();
  };
  const take = (/** @type {Job} */ job) => {
    if (finished) return;
    if (over(job)) end();
    changed(job);
  };
  const look = async () => {
    if (finished) return;
    try {
      take(await getJob(id));
    } catch (error) {
      // A server that is away still has the job when it is back.
      if (error instanceof ApiError && error.status) return end();
    }
    if (!finished && events.readyState === EventSource.CLOSED) setTimeout(look, POLL);
    return undefined;
  };
  for (const name of ["progress", "done"]) {
    events.addEventListener(name, (event) => take(JSON.parse(/** @type {MessageEvent} */ (event).data)));
  }
  events.addEventListener("error", () => void look());
}
