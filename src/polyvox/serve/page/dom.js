/** Small steps over the DOM: make elements, find them, tell a screen reader. */

/**
 * @typedef {Node | string | null | undefined | false} Child
 * @typedef {Record<string, string | number | boolean | null | undefined | EventListener | ((event: any) => void)>} Properties
 */

/**
 * Make an element. `on…` properties are listeners, `false`, null and undefined leave an attribute out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...given(children));
  return made;
}

/** @param {Child[]} children @returns {(Node | string)[]} */
function given(children) {
  return /** @type {(Node | string)[]} */ (
    children.filter((child) => child !== null && child !== undefined && child !== false)
  );
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes, ...children) {
  const made = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** One of the icons drawn in index.html; decoration only. @param {string} name */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/**
 * The element with this id.
 * @param {string} id
 * @returns {any} typed by its user
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element "${id}"`);
  return found;
}

/** A select that looks like the other pills. @param {HTMLSelectElement} select */
export function pill(select) {
  select.classList.add("pill");
  return element("span", { class: "chooser" }, select, icon("chevron"));
}

let announcement = 0;

/**
 * Let a screen reader say `message` when it is idle; a message said twice is heard twice.
 * @param {string} message
 */
export function announce(message) {
  const announcer = byId("announcer");
  announcer.textContent = "";
  clearTimeout(announcement);
  announcement = window.setTimeout(() => {
    announcer.textContent = message;
  }, 60);
}

/**
 * A button that shows and hides a panel, which also closes by Escape and by a click elsewhere. Both are in one parent.
 * @param {HTMLElement} button
 * @param {HTMLElement} panel
 */
export function disclose(button, panel) {
  const parent = /** @type {HTMLElement} */ (panel.parentElement);
  const elsewhere = (/** @type {PointerEvent} */ event) => {
    if (!parent.contains(/** @type {Node} */ (event.target))) show(false);
  };
  const show = (/** @type {boolean} */ open) => {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) document.addEventListener("pointerdown", elsewhere);
    else document.removeEventListener("pointerdown", elsewhere);
  };
  // A press on the panel itself must not move the focus out of it.
  panel.tabIndex = -1;
  button.addEventListener("click", () => show(panel.hidden));
  parent.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || panel.hidden) return;
    event.stopPropagation();
    show(false);
    button.focus();
  });
  parent.addEventListener("focusout", (event) => {
    const to = /** @type {Node | null} */ (event.relatedTarget);
    if (to && !parent.contains(to)) show(false);
  });
}
