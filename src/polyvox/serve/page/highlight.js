/** The text of a hit with the words that were asked for marked. */

import { element } from "./dom.js";

/**
 * The server counts characters (code points), JavaScript counts UTF-16 units: "😀a"[1] is not "a".
 * @param {string} text
 * @param {[number, number][]} stretches of code points, from and up to
 * @returns {{text: string, marked: boolean}[]}
 */
export function parts(text, stretches) {
  const characters = Array.from(text);
  const piece = (/** @type {number} */ from, /** @type {number} */ to) => characters.slice(from, to).join("");
  const cut = [];
  let from = 0;
  for (const [start, end] of [...stretches].sort((a, b) => a[0] - b[0])) {
    const begin = Math.max(from, start);
    if (end <= begin) continue;
    const between = piece(from, begin);
    const last = cut.at(-1);
    // Words that follow each other are one mark, with the space between them.
    if (last?.marked && !between.trim()) last.text += between + piece(begin, end);
    else cut.push({ text: between, marked: false }, { text: piece(begin, end), marked: true });
    from = end;
  }
  cut.push({ text: piece(from, characters.length), marked: false });
  return cut.filter((part) => part.text);
}

/**
 * @param {import("./api.js").Hit} hit of text
 * @returns {HTMLElement}
 */
export function passage(hit) {
  const pieces = parts(hit.text ?? "", hit.highlights ?? []);
  const language = hit.language === "und" ? null : hit.language;
  return element(
    "p",
    { class: "passage", dir: "auto", lang: language },
    ...pieces.map((piece) => (piece.marked ? element("mark", {}, piece.text) : piece.text)),
  );
}
