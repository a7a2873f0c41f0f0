/** The page as a whole: which view is shown, for which collection, in which language. */

import { addFiles, drawAdd } from "./add.js";
import { gate, getCollection } from "./api.js";
import { byId, disclose, element } from "./dom.js";
import { wireDrops } from "./drop.js";
import { LANGUAGES, current, keep, preferred, speak, t } from "./i18n.js";
import { drawItem, wireItem } from "./item.js";
import { drawMap } from "./map.js";
import { hush } from "./player.js";
import { report, told } from "./problem.js";
import { go, here, travel } from "./route.js";
import { ask, drawSearch, stale, wireSearch } from "./search.js";
import { wireSession } from "./session.js";

/** @type {import("./api.js").Collection | null} */
let collection = null;
let closed = false;
/** @type {import("./route.js").View | ""} */
let view = "";

const VIEWS = /** @type {const} */ (["search", "map", "add"]);

function draw() {
  if (!collection) return;
  const place = here();
  const next = place.view === "add" && !collection.writable ? "search" : place.view;
  show(next);
  if (next === "search") void drawSearch(place, collection);
  if (next === "map") void drawMap(byId("map-body"), collection);
  if (next === "add") drawAdd(byId("add-body"), collection);
  void drawItem(place.item, collection.writable);
}

/** @param {import("./route.js").View | ""} next */
function show(next) {
  const moved = Boolean(view) && view !== next;
  view = next;
  byId("view-session").hidden = next !== "";
  for (const name of VIEWS) byId(`view-${name}`).hidden = name !== next;
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".views a"))) {
    if (link.dataset["view"] === next) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const name = t(`${next || "session"}.title`);
  document.title = `${next === "search" && here().q ? here().q : name} · ${collection?.name ?? "polyvox"}`;
  if (!moved) return;
  hush();
  byId(next === "search" ? "query" : next ? `${next}-title` : "token").focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

async function open() {
  closed = false;
  try {
    collection = await getCollection();
  } catch (error) {
    if (closed) return;
    show("search");
    report(byId("results"), told(error), () => void open());
    return;
  }
  byId("collection-name").textContent = collection.name;
  for (const link of document.querySelectorAll('.views [data-view="add"]')) {
    /** @type {HTMLElement} */ (link).hidden = !collection.writable;
  }
  draw();
}

/** The server has more or fewer items than before; what is shown stays, so that nothing stops playing. */
async function recount() {
  try {
    collection = await getCollection();
    draw();
  } catch {
    // The next thing that the reader does will tell.
  }
}

function wireLinks() {
  document.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement} */ (event.target).closest?.("a[data-view]");
    if (!(link instanceof HTMLElement) || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const next = /** @type {import("./route.js").View} */ (link.dataset["view"]);
    const home = link.classList.contains("brand");
    go({ view: next, item: "", ...(home && { q: "", voice: "", page: 1, language: [], modality: "", mode: "hybrid" }) });
  });
  document.addEventListener("keydown", (event) => {
    const writing = /** @type {HTMLElement} */ (event.target).matches?.("input, textarea, select");
    if (event.key !== "/" || writing || view !== "search" || byId("item").open) return;
    event.preventDefault();
    byId("query").focus();
  });
}

function wireSettings() {
  disclose(byId("settings-button"), byId("settings"));
  const languages = byId("ui-language");
  for (const [tag, name] of Object.entries(LANGUAGES)) languages.append(element("option", { value: tag, lang: tag }, name));
  languages.value = current();
  languages.addEventListener("change", async () => {
    keep(languages.value);
    await speak(languages.value);
    stale();
    view = "";
    draw();
  });
  const themes = byId("ui-theme");
  themes.value = document.documentElement.dataset["theme"] ?? "auto";
  themes.addEventListener("change", () => {
    const { value } = themes;
    if (value === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = value;
    try {
      localStorage.setItem("polyvox.theme", value);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    window.dispatchEvent(new Event("theme-changed"));
  });
}

async function start() {
  await speak(preferred());
  wireSettings();
  wireLinks();
  wireItem();
  wireSession(() => {
    stale();
    void open();
  });
  wireSearch(() => collection?.limits.query_seconds ?? Infinity);
  wireDrops({
    ask,
    add: addFiles,
    most: () => collection?.limits.query_bytes ?? Infinity,
    writable: () => collection?.writable ?? false,
  });
  gate.addEventListener("closed", () => {
    closed = true;
    collection = null;
    show("");
    byId("token").focus();
  });
  travel.addEventListener("moved", draw);
  window.addEventListener("collection-changed", () => void recount());
  await open();
}

void start();
