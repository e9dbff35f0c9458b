// SPDX-License-Identifier: Apache-2.0
// How elements are made: text is always text, never markup, whatever a trace calls its tasks.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

// A table with a caption that screen readers say. Columns: {head, number}.
export function table(caption, columns, rows) {
  const cell = (tag, content, column) =>
    el(tag, { class: column.number ? "number" : undefined, scope: tag === "th" ? "col" : undefined }, content);
  return el(
    "div",
    { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, ...columns.map((column) => cell("th", column.head, column)))),
      el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((content, i) => cell("td", content, columns[i]))))),
    ),
  );
}

export function section(id, title, says, ...children) {
  return el(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    el("h2", { id: `${id}-title` }, title),
    says && el("p", { class: "says" }, says),
    ...children,
  );
}
