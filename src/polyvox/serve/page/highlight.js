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
  const cut = [];
  let from = 0;
  for (const [start, end] of [...stretches].sort((a, b) => a[0] - b[0])) {
    const begin = Math.max(from, start);
    if (end <= begin) continue;
    cut.push({ text: characters.slice(from, begin).join(""), marked: false });
    cut.push({ text: characters.slice(begin, end).join(""), marked: true });
    from = end;
  }
  cut.push({ text: characters.slice(from).join(""), marked: false });
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
