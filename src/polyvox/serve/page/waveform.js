/** The shape of a sound: bars drawn as one SVG path. */

import { svg } from "./dom.js";

const STEP = 5;
const SHORTEST = 0.04;

/**
 * The loudest of each stretch, so that `peaks` fill `count` bars.
 * @param {ArrayLike<number>} peaks
 * @param {number} count
 * @returns {number[]}
 */
export function resample(peaks, count) {
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * peaks.length) / count);
    const to = Math.max(from + 1, Math.floor(((at + 1) * peaks.length) / count));
    let highest = 0;
    for (let index = from; index < to && index < peaks.length; index++) highest = Math.max(highest, peaks[index] ?? 0);
    return highest;
  });
}

/** @param {number[]} bars @param {number} height @returns {string} */
function outline(bars, height) {
  return bars
    .map((peak, at) => {
      const half = (Math.max(SHORTEST, Math.min(1, peak)) * (height - 4)) / 2;
      const x = at * STEP + STEP / 2;
      return `M${x} ${(height / 2 - half).toFixed(1)}V${(height / 2 + half).toFixed(1)}`;
    })
    .join("");
}

/** A drawing that fills its place and shows how far the sound is played. */
export class Waveform {
  /** @param {HTMLElement} place */
  constructor(place) {
    /** @type {ArrayLike<number>} */
    this.peaks = [];
    this.place = place;
    this.rest = svg("path", { class: "wave-rest" });
    this.played = svg("path", { class: "wave-played" });
    place.append(svg("svg", { class: "wave", "aria-hidden": "true" }, this.rest, this.played));
    new ResizeObserver(() => this.draw()).observe(place);
    this.progress(0);
  }

  /** @param {ArrayLike<number>} peaks each from 0 to 1 */
  show(peaks) {
    this.peaks = peaks;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.place;
    const count = Math.floor(width / STEP);
    if (count < 1) return;
    const path = outline(resample(this.peaks, count), height);
    this.rest.setAttribute("d", path);
    this.played.setAttribute("d", path);
  }

  /** @param {number} share of the sound that is played, from 0 to 1 */
  progress(share) {
    this.played.style.clipPath = `inset(0 ${((1 - share) * 100).toFixed(2)}% 0 0)`;
  }
}

/**
 * The peaks of a recording, found in the browser; none if the browser cannot decode it.
 * @param {Blob} audio
 * @param {number} count
 * @returns {Promise<{peaks: number[], seconds: number} | null>}
 */
export async function peaksOf(audio, count) {
  const context = new OfflineAudioContext(1, 1, 16_000);
  try {
    const sound = await context.decodeAudioData(await audio.arrayBuffer());
    const samples = sound.getChannelData(0).map(Math.abs);
    const peaks = resample(samples, count);
    const highest = Math.max(...peaks, 1e-6);
    return { peaks: peaks.map((peak) => peak / highest), seconds: sound.duration };
  } catch {
    return null;
  }
}
