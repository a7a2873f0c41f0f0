/** Colours and shapes of the map: far enough apart, and at least 3:1 against the page. */

const LIGHT = [
  "#0b7285", "#d9480f", "#6741d9", "#2b8a3e", "#c2255c", "#1864ab",
  "#946200", "#862e9c", "#5c940d", "#8b4513", "#087f5b", "#364fc7",
];
const DARK = [
  "#3bc9db", "#ff922b", "#b197fc", "#69db7c", "#f783ac", "#74c0fc",
  "#ffd43b", "#da77f2", "#c0eb75", "#e0a982", "#38d9a9", "#91a7ff",
];
const GREY = { light: "#6b7280", dark: "#9ca3af" };

/** Languages that get a colour of their own; the rest share grey. */
export const COLOURS = LIGHT.length;

/** @returns {boolean} whether the page is dark now */
export function isDark() {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** @param {number} place of the group, from 0; negative for the rest @returns {string} */
export function colour(place) {
  const dark = isDark();
  if (place < 0 || place >= COLOURS) return dark ? GREY.dark : GREY.light;
  return (dark ? DARK : LIGHT)[place] ?? "";
}

/**
 * The outline of a mark around (0, 0): a disc is a text, a triangle is speech.
 * @param {import("./api.js").Modality} modality
 * @param {number} radius
 * @returns {Path2D}
 */
export function mark(modality, radius) {
  const path = new Path2D();
  if (modality === "text") path.arc(0, 0, radius, 0, 2 * Math.PI);
  else {
    const wide = radius * 1.15;
    path.moveTo(0, -wide);
    path.lineTo(wide, wide * 0.85);
    path.lineTo(-wide, wide * 0.85);
    path.closePath();
  }
  return path;
}
