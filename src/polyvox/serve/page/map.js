/** The map view: the chart, what its colours mean, its controls, and the same as a list. */

import { getMap } from "./api.js";
import { Chart } from "./chart.js";
import { announce, element, icon, pill } from "./dom.js";
import { current, languageName, number, percent, t } from "./i18n.js";
import { COLOURS, colour, mark } from "./palette.js";
import { report, told } from "./problem.js";
import { go } from "./route.js";

/** @typedef {import("./api.js").Point} Point */
/** @typedef {{key: string, name: string, count: number, place: number}} Group */

const MOST = 3000;
const LISTED = 100;

let drawn = "";

/**
 * @param {HTMLElement} where
 * @param {import("./api.js").Collection} collection
 */
export async function drawMap(where, collection) {
  const key = `${current()} ${collection.items} ${collection.name}`;
  if (key === drawn) return;
  drawn = key;
  where.replaceChildren(element("p", { class: "waiting", role: "status" }, t("map.loading")));
  try {
    const { points, explained } = await getMap(MOST);
    if (drawn !== key) return;
    if (points.length) new MapView(where, points, explained);
    else where.replaceChildren(element("p", { class: "blank" }, t("map.empty")));
  } catch (error) {
    drawn = "";
    report(where, told(error), () => void drawMap(where, collection));
  }
}

class MapView {
  /**
   * @param {HTMLElement} where
   * @param {Point[]} points
   * @param {number[]} explained
   */
  constructor(where, points, explained) {
    this.points = points;
    this.by = /** @type {"language" | "modality"} */ ("language");
    /** @type {string | null} */
    this.alone = null;
    this.groups = this.grouped();
    this.label = element("div", { class: "map-label", hidden: true });
    this.canvas = element("canvas", {
      class: "map",
      tabindex: 0,
      role: "application",
      "aria-label": t("map.canvas", { count: points.length }),
    });
    this.legend = element("div", { class: "legend", role: "group", "aria-label": t("map.legend") });
    const share = percent(explained.reduce((sum, part) => sum + part, 0));
    where.replaceChildren(
      this.controls(),
      element("div", { class: "map-frame", dir: "ltr" }, this.canvas, this.label),
      this.legend,
      element("p", { class: "fine" }, t("map.explained", { share })),
      this.list(),
    );
    this.chart = new Chart(this.canvas, points, {
      fill: (point) => this.fill(point),
      shown: (point) => this.alone === null || this.groupOf(point) === this.alone,
      open: (point) => go({ item: point.id }),
      focus: (point, x, y) => this.tell(point, x, y),
    });
    this.drawLegend();
    const repaint = () => this.canvas.isConnected && (this.drawLegend(), this.chart.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    window.addEventListener("theme-changed", repaint);
  }

  /** @returns {Map<string, Group>} the groups that get a colour, largest first, and one for the rest */
  grouped() {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const point of this.points) counts.set(point[this.by], (counts.get(point[this.by]) ?? 0) + 1);
    const names = [...counts.keys()].sort((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0));
    const coloured = names.filter((name) => name !== "und").slice(0, COLOURS);
    const groups = new Map(coloured.map((key, place) => [key, this.group(key, counts.get(key) ?? 0, place)]));
    if (counts.has("und")) groups.set("und", this.group("und", counts.get("und") ?? 0, -1));
    const rest = names.filter((name) => !groups.has(name)).reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
    if (rest) groups.set("", { key: "", name: t("map.other"), count: rest, place: -1 });
    return groups;
  }

  /** @param {string} key @param {number} count @param {number} place @returns {Group} */
  group(key, count, place) {
    return { key, count, place, name: this.by === "language" ? languageName(key) : t(`hit.${key}`) };
  }

  /** @param {Point} point @returns {string} */
  groupOf(point) {
    return this.groups.has(point[this.by]) ? point[this.by] : "";
  }

  /** @param {Point} point */
  fill(point) {
    return colour(this.groups.get(this.groupOf(point))?.place ?? -1);
  }

  controls() {
    const select = element(
      "select",
      {
        id: "map-colour",
        onchange: () => {
          this.by = select.value === "modality" ? "modality" : "language";
          this.alone = null;
          this.groups = this.grouped();
          this.drawLegend();
          this.chart.draw();
        },
      },
      element("option", { value: "language" }, t("map.colour.language")),
      element("option", { value: "modality" }, t("map.colour.modality")),
    );
    const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ act) =>
      element("button", { type: "button", class: "icon-button", "aria-label": t(label), title: t(label), onclick: act }, icon(name));
    return element(
      "div",
      { class: "map-controls" },
      element("label", { for: "map-colour" }, t("map.colour")),
      pill(select),
      element(
        "span",
        { class: "zoom" },
        button("minus", "map.zoom.out", () => this.chart.enlarge(1 / 1.5)),
        button("plus", "map.zoom.in", () => this.chart.enlarge(1.5)),
        button("fit", "map.zoom.fit", () => this.chart.fit()),
      ),
    );
  }

  drawLegend() {
    const shapes = /** @type {const} */ (["text", "speech"]).map((kind) =>
      element("span", { class: "shape" }, sample(kind, "currentColor"), t(`hit.${kind}`)),
    );
    const keys = [...this.groups.values()].map((group) =>
      element(
        "button",
        {
          type: "button",
          class: "key",
          "aria-pressed": String(this.alone === group.key),
          onclick: () => this.only(group.key),
        },
        sample(this.by === "modality" ? /** @type {any} */ (group.key) : "text", colour(group.place)),
        group.name,
        element("span", { class: "count" }, number(group.count)),
      ),
    );
    const held = [...this.legend.querySelectorAll("button")].indexOf(/** @type {any} */ (document.activeElement));
    const meaning = this.by === "language" ? [element("div", { class: "shapes" }, ...shapes)] : [];
    this.legend.replaceChildren(...meaning, ...keys);
    if (held >= 0) this.legend.querySelectorAll("button")[held]?.focus();
  }

  /** @param {string} key of the group to see alone; the same again shows all */
  only(key) {
    this.alone = this.alone === key ? null : key;
    this.drawLegend();
    this.chart.draw();
  }

  /** @param {Point | null} point @param {number} x @param {number} y */
  tell(point, x, y) {
    this.label.hidden = !point;
    if (!point) return;
    const about = `${languageName(point.language)}, ${t(`hit.${point.modality}`)}`;
    this.label.replaceChildren(
      element("span", { dir: "auto", class: "map-words" }, point.label),
      element("span", { class: "fine", dir: "auto" }, about),
    );
    const { clientWidth: width } = this.canvas;
    const own = this.label.offsetWidth;
    this.label.style.left = `${Math.max(8, Math.min(width - own - 8, x - own / 2))}px`;
    this.label.style.top = `${y > 110 ? y - this.label.offsetHeight - 16 : y + 18}px`;
    if (document.activeElement === this.canvas) announce(`${point.label}. ${about}`);
  }

  /** The same for those who cannot see the canvas; each language is filled in when it is opened. */
  list() {
    const groups = [...this.groups.values()].map((group) => {
      const box = element("details", {}, element("summary", {}, `${group.name} (${number(group.count)})`));
      const fill = () => {
        const points = this.points.filter((point) => this.groupOf(point) === group.key).slice(0, LISTED);
        box.append(element("ul", {}, ...points.map(row)));
      };
      box.addEventListener("toggle", fill, { once: true });
      return box;
    });
    return element("details", { class: "fold" }, element("summary", {}, t("map.list")), ...groups);
  }
}

/** @param {Point} point */
function row(point) {
  const kind = point.modality === "speech" ? "file-audio" : "text";
  const open = () => go({ item: point.id });
  return element(
    "li",
    {},
    icon(kind),
    element("button", { type: "button", class: "link", dir: "auto", onclick: open }, point.label || point.id),
  );
}

/** @param {import("./api.js").Modality} kind @param {string} fill @returns {HTMLCanvasElement} */
function sample(kind, fill) {
  const scale = window.devicePixelRatio || 1;
  const canvas = element("canvas", { class: "swatch", width: 14 * scale, height: 14 * scale, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  if (!pen) return canvas;
  pen.setTransform(scale, 0, 0, scale, 7 * scale, 7 * scale);
  pen.fillStyle = fill === "currentColor" ? getComputedStyle(document.body).color : fill;
  pen.fill(mark(kind, 5));
  return canvas;
}
