// SPDX-License-Identifier: Apache-2.0
// Every rule and its verdict; the counts above the table are what it is filtered by.
import { el, section } from "./dom.js";
import { grouped } from "./numbers.js";

export const verdictNames = ["violated", "inconclusive", "holds", "never_exercised", "not_observable"];
const says = {
  violated: "wrong, with the events that prove it",
  inconclusive: "records were lost where it matters",
  holds: "judged, and never wrong",
  never_exercised: "nothing happened that it could have judged",
  not_observable: "a probe that the rule needs was not there",
};
const word = (verdict) => verdict.replace("_", " ");

function times(rule) {
  if (rule.verdict === "violated") return `${grouped(rule.broken)} wrong, ${grouped(rule.held)} right`;
  if (rule.verdict === "inconclusive") return `${grouped(rule.doubtful)} in doubt, ${grouped(rule.held)} right`;
  return rule.held ? `${grouped(rule.held)} right` : "";
}

function row(rule, about) {
  const part = (head, text) => text && [el("dt", {}, head), el("dd", {}, text)];
  const parts = [
    part("Why", rule.reason),
    part("Where the kernel says it", about.because),
    part("Look at", about.look_at),
    part("Not claimed", about.not_claimed),
  ];
  return el(
    "tr",
    { "data-verdict": rule.verdict, "data-rule": rule.id },
    el("td", {}, el("span", { class: `verdict ${rule.verdict}` }, word(rule.verdict))),
    el(
      "td",
      {},
      el("details", {}, el("summary", {}, el("strong", {}, rule.id), ` ${about.says}`), el("dl", {}, ...parts.filter(Boolean).flat())),
    ),
    el("td", { class: "number" }, times(rule)),
    el("td", {}, `${about.level}, ${about.party}`),
  );
}

export function verdicts(trace, rules) {
  const order = [...trace.rules].sort((a, b) => verdictNames.indexOf(a.verdict) - verdictNames.indexOf(b.verdict));
  const rows = order.map((rule) => row(rule, rules[rule.id]));
  const count = (verdict) => trace.rules.filter((rule) => rule.verdict === verdict).length;
  let only = "";
  const search = el("input", { type: "search", id: "search", placeholder: "SEQ-04, retry, …", oninput: () => filter() });
  const seen = el("p", { class: "says", role: "status" });
  const tiles = verdictNames.map((verdict) =>
    el(
      "button",
      {
        class: `tile ${verdict}`,
        "data-verdict": verdict,
        "aria-pressed": "false",
        onclick: () => ((only = only === verdict ? "" : verdict), filter()),
      },
      el("span", { class: "count" }, String(count(verdict))),
      el("span", { class: "name" }, word(verdict)),
      el("span", { class: "says" }, says[verdict]),
    ),
  );
  function filter() {
    const wanted = search.value.trim().toLowerCase();
    let left = 0;
    rows.forEach((tr, i) => {
      const { id } = order[i];
      const hit =
        (!only || tr.dataset.verdict === only) && (!wanted || `${id} ${rules[id].name} ${rules[id].says}`.toLowerCase().includes(wanted));
      tr.hidden = !hit;
      left += hit ? 1 : 0;
    });
    for (const tile of tiles) tile.setAttribute("aria-pressed", String(tile.dataset.verdict === only));
    seen.textContent = left === rows.length ? `All ${rows.length} rules.` : `${left} of ${rows.length} rules.`;
  }
  filter();
  const head = ["Verdict", "Rule", "Occasions", "Level, contract of"].map((text, i) =>
    el("th", { scope: "col", class: i === 2 ? "number" : undefined }, text),
  );
  return section(
    "verdicts",
    "Verdicts",
    undefined,
    el("div", { class: "tiles", role: "group", "aria-label": "Show only rules with the verdict" }, ...tiles),
    el("div", { class: "filter" }, el("label", { for: "search" }, "Find a rule"), search, seen),
    el(
      "div",
      { class: "scrolls", tabindex: "0", role: "region", "aria-label": "Rules" },
      el(
        "table",
        { class: "rules" },
        el("caption", { class: "unseen" }, "Rules and their verdicts"),
        el("thead", {}, el("tr", {}, ...head)),
        el("tbody", {}, ...rows),
      ),
    ),
  );
}
