/** The page's words, and numbers, times and names of languages, in the reader's language. */

/** @typedef {Record<string, string | Record<string, string>>} Words */

/** Languages of the page, each by its own name. */
export const LANGUAGES = Object.freeze({
  en: "English",
  ar: "العربية",
  de: "Deutsch",
  es: "Español",
  fr: "Français",
  pt: "Português",
  ru: "Русский",
  sw: "Kiswahili",
});

const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"]);
const STORED = "polyvox.language";

let language = "en";
/** @type {Words} */
let words = {};
/** @type {Words} */
let english = {};

/** The language that the page speaks now, a BCP 47 tag. */
export const current = () => language;

/** @returns {string} the stored choice, or the first of the browser's languages that the page speaks */
export function preferred() {
  const known = (/** @type {string | null} */ tag) => Boolean(tag && Object.hasOwn(LANGUAGES, tag));
  const chosen = stored();
  if (chosen && known(chosen)) return chosen;
  const tags = (navigator.languages ?? [navigator.language]).map((tag) => tag.split("-")[0] ?? "");
  return tags.find(known) ?? "en";
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

/** @param {string} tag */
export function keep(tag) {
  try {
    localStorage.setItem(STORED, tag);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

/** @param {string} tag @returns {Promise<Words>} */
async function load(tag) {
  const response = await fetch(`/assets/i18n/${tag}.json`);
  return response.ok ? response.json() : {};
}

/**
 * Speak this language from now on and translate what index.html holds.
 * @param {string} tag
 */
export async function speak(tag) {
  if (!Object.keys(english).length) english = await load("en");
  words = tag === "en" ? english : await load(tag);
  language = tag;
  document.documentElement.lang = tag;
  document.documentElement.dir = direction(tag);
  translate(document);
}

/** @param {string} tag @returns {"ltr" | "rtl"} */
export function direction(tag) {
  return RIGHT_TO_LEFT.has(tag.split("-")[0] ?? "") ? "rtl" : "ltr";
}

/** @param {ParentNode} root */
function translate(root) {
  const write = { t: null, tLabel: "aria-label", tPlaceholder: "placeholder", tTitle: "title" };
  for (const [key, attribute] of Object.entries(write)) {
    const marked = `[data-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`;
    for (const found of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(marked))) {
      const said = t(found.dataset[key] ?? "");
      if (attribute) found.setAttribute(attribute, said);
      else found.textContent = said;
    }
  }
}

/**
 * The words for a key. `{name}` is filled in; with a `count` the plural form is the language's own.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const entry = words[key] ?? english[key] ?? key;
  const form = typeof entry === "string" ? entry : plural(entry, Number(values["count"] ?? 0));
  return form.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? number(value) : value;
  });
}

/** @param {Record<string, string>} forms @param {number} count */
function plural(forms, count) {
  return forms[new Intl.PluralRules(language).select(count)] ?? forms["other"] ?? "";
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options) {
  return new Intl.NumberFormat(language, options).format(value);
}

/** @param {number} share from 0 to 1 */
export const percent = (share) => number(share, { style: "percent" });

/** @param {number} bytes */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const value = bytes / 1000 ** step;
  const digits = value < 10 && step > 0 ? 1 : 0;
  return number(value, { style: "unit", unit: units[step] ?? "byte", maximumFractionDigits: digits });
}

/** @param {number} seconds */
export function duration(seconds) {
  const [unit, value] =
    seconds < 90 ? ["second", seconds] : seconds < 5400 ? ["minute", seconds / 60] : ["hour", seconds / 3600];
  return number(Math.max(1, Math.round(value)), { style: "unit", unit, unitDisplay: "long" });
}

/**
 * A point of time in a recording: 1:02.5, or 1:01:02.5 past the hour.
 * @param {number} seconds
 * @param {number} [digits] after the point
 */
export function clock(seconds, digits = 1) {
  const unit = 10 ** digits;
  const whole = (digits ? Math.round : Math.floor)(Math.max(0, seconds) * unit);
  const [hours, minutes] = [Math.floor(whole / unit / 3600), Math.floor(whole / unit / 60) % 60];
  const rest = ((whole / unit) % 60).toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** @param {string} tag of BCP 47 @returns {string} the name of the language, in the page's language */
export function languageName(tag) {
  if (!tag || tag === "und") return t("language.unknown");
  try {
    return new Intl.DisplayNames(language, { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
