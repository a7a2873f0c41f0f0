/** The drawing of the map: marks on a canvas that can be moved, enlarged, pointed at and walked through. */

import { mark } from "./palette.js";

/** @typedef {import("./api.js").Point} Point */
/** @typedef {{fill: (point: Point) => string, shown: (point: Point) => boolean, open: (point: Point) => void,
 *   focus: (point: Point | null, x: number, y: number) => void}} Say */

const MARGIN = 28;
const NEAR = 16;
const CLOSEST = 60;
const STEPS = /** @type {Record<string, [number, number]>} */ ({
  ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
});

export class Chart {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Point[]} points
   * @param {Say} say
   */
  constructor(canvas, points, say) {
    this.canvas = canvas;
    this.points = points;
    this.say = say;
    this.zoom = 1;
    this.shift = { x: 0, y: 0 };
    /** @type {Point | null} */
    this.focus = null;
    /** @type {Map<number, {x: number, y: number}>} */
    this.fingers = new Map();
    this.moved = 0;
    this.bounds = boundsOf(points);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.lift(/** @type {PointerEvent} */ (event)));
    }
    canvas.addEventListener("pointerleave", () => !this.fingers.size && this.point(null));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => this.point(null));
  }

  /** @param {Point} point @returns {{x: number, y: number}} where it is drawn, in pixels of the canvas */
  at(point) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { left, top, wide, tall } = this.bounds;
    const x = MARGIN + ((point.x - left) / wide) * (width - 2 * MARGIN);
    const y = MARGIN + ((top - point.y) / tall) * (height - 2 * MARGIN);
    return { x: x * this.zoom + this.shift.x, y: y * this.zoom + this.shift.y };
  }

  draw() {
    const { canvas, say } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    canvas.style.touchAction = this.zoom > 1 ? "none" : "pan-y";
    const pen = canvas.getContext("2d");
    if (!pen) return;
    const radius = (this.points.length > 800 ? 3.4 : 5) * Math.min(2, this.zoom ** 0.3);
    const marks = { text: mark("text", radius), speech: mark("speech", radius) };
    const edge = getComputedStyle(canvas).backgroundColor;
    const put = (/** @type {Point} */ point, /** @type {number} */ grown) => {
      const { x, y } = this.at(point);
      if (x < -20 || y < -20 || x > width + 20 || y > height + 20) return;
      pen.setTransform(scale * grown, 0, 0, scale * grown, x * scale, y * scale);
      pen.fillStyle = say.fill(point);
      pen.strokeStyle = edge;
      pen.lineWidth = 1;
      pen.fill(marks[point.modality]);
      pen.stroke(marks[point.modality]);
    };
    for (const shown of [false, true]) {
      pen.globalAlpha = shown ? 0.92 : 0.08;
      for (const point of this.points) if (say.shown(point) === shown) put(point, 1);
    }
    pen.globalAlpha = 1;
    if (!this.focus) return;
    put(this.focus, 1.9);
    pen.lineWidth = 1.4;
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.stroke(marks[this.focus.modality]);
  }

  /** @param {Point | null} point the one that is pointed at */
  point(point) {
    if (point === this.focus) return;
    this.focus = point;
    const { x, y } = point ? this.at(point) : { x: 0, y: 0 };
    this.canvas.style.cursor = point ? "pointer" : "";
    this.say.focus(point, x, y);
    this.draw();
  }

  /** @param {number} x @param {number} y @returns {Point | null} the shown mark that is close */
  near(x, y) {
    let [best, closest] = [/** @type {Point | null} */ (null), NEAR];
    for (const point of this.points) {
      if (!this.say.shown(point)) continue;
      const place = this.at(point);
      const distance = Math.hypot(place.x - x, place.y - y);
      if (distance < closest) [best, closest] = [point, distance];
    }
    return best;
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] the place that stays where it is */
  enlarge(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const zoom = Math.min(CLOSEST, Math.max(1, this.zoom * factor));
    const change = zoom / this.zoom;
    this.zoom = zoom;
    this.shift = { x: x - (x - this.shift.x) * change, y: y - (y - this.shift.y) * change };
    this.keepInside();
    this.refocus();
    this.draw();
  }

  fit() {
    this.zoom = 1;
    this.shift = { x: 0, y: 0 };
    this.refocus();
    this.draw();
  }

  keepInside() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.shift.x = Math.min(0, Math.max(width * (1 - this.zoom), this.shift.x));
    this.shift.y = Math.min(0, Math.max(height * (1 - this.zoom), this.shift.y));
  }

  refocus() {
    if (!this.focus) return;
    const { x, y } = this.at(this.focus);
    this.say.focus(this.focus, x, y);
  }

  /** @param {PointerEvent} event */
  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
    this.moved = 0;
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const [x, y] = [event.offsetX, event.offsetY];
    const before = this.fingers.get(event.pointerId);
    if (!before) return this.point(this.near(x, y));
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, { x, y });
    this.moved += Math.hypot(x - before.x, y - before.y);
    if (other) {
      const spread = (/** @type {{x: number, y: number}} */ at) => Math.hypot(at.x - other.x, at.y - other.y) || 1;
      return this.enlarge(spread({ x, y }) / spread(before), (x + other.x) / 2, (y + other.y) / 2);
    }
    this.shift.x += x - before.x;
    this.shift.y += y - before.y;
    this.keepInside();
    this.refocus();
    return this.draw();
  }

  /** @param {PointerEvent} event */
  lift(event) {
    const pressed = this.fingers.delete(event.pointerId);
    if (!pressed || this.fingers.size || this.moved > 6 || event.type === "pointercancel") return;
    const point = this.near(event.offsetX, event.offsetY);
    if (point) this.say.open(point);
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    // A wheel turned over the page scrolls it; only a map that was taken up, or a pinch, is enlarged.
    if (!event.ctrlKey && document.activeElement !== this.canvas) return;
    event.preventDefault();
    this.enlarge(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event.offsetX, event.offsetY);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = STEPS[event.key];
    if (step) this.walk(...step);
    else if (event.key === "Enter" && this.focus) this.say.open(this.focus);
    else if (event.key === "+" || event.key === "=") this.enlarge(1.5);
    else if (event.key === "-") this.enlarge(1 / 1.5);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  /**
   * Go to the nearest mark in a direction; the first step goes to the middle.
   * @param {number} right
   * @param {number} down
   */
  walk(right, down) {
    const { clientWidth, clientHeight } = this.canvas;
    const from = this.focus ? this.at(this.focus) : { x: clientWidth / 2, y: clientHeight / 2 };
    let [best, closest] = [/** @type {Point | null} */ (null), Infinity];
    for (const point of this.points) {
      if (point === this.focus || !this.say.shown(point)) continue;
      const to = this.at(point);
      const along = (to.x - from.x) * right + (to.y - from.y) * down;
      const aside = Math.abs((to.x - from.x) * down) + Math.abs((to.y - from.y) * right);
      const cost = this.focus ? along + 2 * aside : Math.hypot(to.x - from.x, to.y - from.y);
      if ((along > 0.5 || !this.focus) && cost < closest) [best, closest] = [point, cost];
    }
    if (best) this.reveal(best);
  }

  /** @param {Point} point */
  reveal(point) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { x, y } = this.at(point);
    if (x < 0 || y < 0 || x > width || y > height) {
      this.shift.x += width / 2 - x;
      this.shift.y += height / 2 - y;
      this.keepInside();
    }
    this.point(point);
  }
}

/** @param {Point[]} points */
function boundsOf(points) {
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const [left, right, low, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  return { left, top, wide: right - left || 1, tall: top - low || 1 };
}
