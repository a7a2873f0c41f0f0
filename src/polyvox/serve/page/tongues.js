/** A choice of language for what is added: the collection's own first, then others by name. */

import { element } from "./dom.js";
import { current, languageName, t } from "./i18n.js";

const OTHERS =
  "af ak am ar as ay az be bg bm bn bo br bs ca ceb cs cy da de dz ee el en eo es et eu fa ff fi fo fr fy ga gd gl gn gu ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky lg ln lo lt lu lv mg mi mk ml mn mr ms mt my nd ne nl no nr nso ny oc om or pa pl ps pt qu rn ro ru rw sa sc sd sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt ug uk ur uz ve vi wo xh yi yo yue zh zu"
    .split(" ");

/**
 * @param {string} id
 * @param {import("./api.js").LanguageCount[]} counted languages of the collection
 * @returns {HTMLSelectElement}
 */
export function tongues(id, counted) {
  const own = counted.map((language) => language.tag).filter((tag) => tag !== "und");
  const collator = new Intl.Collator(current());
  const option = (/** @type {string} */ tag) => element("option", { value: tag }, languageName(tag));
  const rest = OTHERS.filter((tag) => !own.includes(tag)).map((tag) => ({ tag, name: languageName(tag) }));
  rest.sort((a, b) => collator.compare(a.name, b.name));
  return element(
    "select",
    { id },
    element("option", { value: "" }, t("add.language.detect")),
    ...own.map(option),
    ...(own.length ? [element("hr")] : []),
    ...rest.map(({ tag }) => option(tag)),
  );
}
