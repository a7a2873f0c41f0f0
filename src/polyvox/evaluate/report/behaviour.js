"use strict";
// Everything can be read without this; it sorts and filters tables, highlights languages, and opens details to print.
const number = (cell) => Number.parseFloat(cell.dataset.value ?? "NaN");
const before = (a, b) => {
  const [x, y] = [number(a), number(b)];
  if (Number.isNaN(x) && Number.isNaN(y)) return a.textContent.localeCompare(b.textContent);
  return Number.isNaN(x) ? -1 : Number.isNaN(y) ? 1 : x - y;
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = head.classList.contains("n") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((one) => one.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const rows = [...table.tBodies[0].rows].sort((a, b) => before(a.cells[column], b.cells[column]));
      table.tBodies[0].append(...(order === "ascending" ? rows : rows.reverse()));
    });
  });
}
for (const field of document.querySelectorAll("input[data-filters]")) {
  const rows = document.getElementById(field.dataset.filters).tBodies[0].rows;
  field.closest(".controls").hidden = false;
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
}
for (const choice of document.querySelectorAll("select[data-map]")) {
  const map = document.getElementById(choice.dataset.map);
  choice.closest(".controls").hidden = false;
  choice.addEventListener("change", () => {
    map.classList.toggle("faded", choice.value !== "");
    for (const point of map.querySelectorAll("circle"))
      point.classList.toggle("chosen", point.dataset.language === choice.value);
  });
}
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
