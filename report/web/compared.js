// SPDX-License-Identifier: Apache-2.0
// What differs by more than noise from the runs before: verdicts, findings, numbers.
import { el, section, table } from "./dom.js";
import { duration, grouped, plural } from "./numbers.js";

const digits = (value) => String(Number(value.toPrecision(3)));
const units = {
  ns: duration,
  share: (value) => `${digits(100 * value)} %`,
  per_work: (value) => `${digits(value)} each`,
  per_second: (value) => `${digits(value)}/s`,
};

// No change by a share of nothing: what was 0 before is new.
const percent = (by) => (by === null ? "new" : `${by < 0 ? "−" : "+"}${digits(Math.abs(100 * by))} %`);
const range = (number) => (number.by === null ? "" : `${percent(number.from)} to ${percent(number.until)}`);

function side(name, { name: paths, runs, records, lost }) {
  const missing = lost ? `, ${grouped(lost)} of ${grouped(records + lost)} records lost` : "";
  return el("li", {}, el("strong", {}, name), ` ${paths}: ${plural(runs, "run")}${missing}`);
}

function verdicts(rows) {
  const columns = [{ head: "Rule" }, { head: "Level" }, { head: "Before" }, { head: "After" }];
  return table(
    "Verdicts that changed",
    columns,
    rows.map((row) => [row.rule, row.level, row.before, row.after]),
  );
}

function findings(rows) {
  const columns = [{ head: "" }, { head: "Finding" }, { head: "Times", number: true }, { head: "First in" }];
  return table(
    "Findings that are new or gone",
    columns,
    rows.map((row) => [row.change, row.what, grouped(row.count), row.trace]),
  );
}

function numbers(rows) {
  const columns = [
    { head: "Number" },
    { head: "Before", number: true },
    { head: "After", number: true },
    { head: "Change", number: true },
    { head: "With 95 % between", number: true },
  ];
  return table(
    "Numbers that differ, largest first",
    columns,
    rows.map((row) => [
      row.name,
      units[row.unit](row.before),
      units[row.unit](row.after),
      el("span", { class: row.worse ? "worse" : undefined }, `${percent(row.by)}${row.worse ? ", worse" : ""}`),
      range(row),
    ]),
  );
}

export function compared(data) {
  const { comparison } = data;
  const parts = [
    ["Verdicts", comparison.verdicts, verdicts],
    ["Findings", comparison.findings, findings],
    ["Numbers", comparison.numbers, numbers],
  ].filter(([, rows]) => rows.length);
  const per = comparison.work ? `rates per ${comparison.work}` : "rates per second";
  return section(
    "compared",
    "Compared",
    `What differs by more than noise between the runs before and all runs on this page: ${plural(comparison.compared, "number")} compared, ${per}.`,
    el("ul", {}, side("Before", comparison.before), side("After", comparison.after)),
    comparison.problems.length > 0 &&
      el("div", { class: "warning" }, el("ul", {}, ...comparison.problems.map((problem) => el("li", {}, problem)))),
    !parts.length && el("p", {}, "No difference that is more than noise."),
    ...parts.flatMap(([title, rows, make]) => [el("h3", {}, title), make(rows)]),
  );
}
