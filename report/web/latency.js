// SPDX-License-Identifier: Apache-2.0
// How long calls took: a table of percentiles, and the histogram of the chosen row.
import { chart, bars } from "./charts.js";
import { el, section, table } from "./dom.js";
import { duration, grouped, plural } from "./numbers.js";
import { color } from "./theme.js";

const perDoubling = 2;

// Eight buckets per doubling are folded to two: steps that the eye can tell apart.
function folded(row) {
  const counts = new Map();
  for (const [from, , count] of row.buckets) {
    const step = Math.floor(Math.log2(Math.max(1, from)) * perDoubling + 1e-6);
    counts.set(step, (counts.get(step) ?? 0) + count);
  }
  const first = Math.min(...counts.keys());
  const last = Math.max(...counts.keys());
  const steps = Array.from({ length: last - first + 2 }, (_, i) => first + i);
  return [steps, steps.map((step) => counts.get(step) ?? 0)];
}

const name = (row) => `${row.function}${row.reason ? `, ${row.reason}` : ""}`;

export function latency(trace) {
  if (trace.latency.length === 0)
    return section("latency", "Latency", undefined, el("p", { class: "none" }, "No call in this trace has both its entry and its return."));
  const picture = el("div", { class: "chart" });
  const caption = el("h3", {});
  let plot;
  const buttons = trace.latency.map((row) => el("button", { class: "link", onclick: () => choose(row) }, row.function));
  function choose(row) {
    plot?.destroy();
    trace.latency.forEach((other, i) => buttons[i].setAttribute("aria-pressed", String(other === row)));
    caption.textContent = `${name(row)}: ${plural(row.count, "call")}`;
    picture.setAttribute("role", "img");
    picture.setAttribute(
      "aria-label",
      `Histogram of ${name(row)}: half took at most ${duration(row.p50)}, 99 % at most ${duration(row.p99)}, the longest ${duration(row.max)}`,
    );
    const text = (step) => duration(2 ** (step / perDoubling));
    plot = chart(
      picture,
      {
        legend: { live: true },
        scales: { x: { time: false }, y: { range: (_, min, max) => [0, Math.max(1, max * 1.05)] } },
        axes: [
          { values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? text(t) : "")), space: 70 },
          { values: (_, ticks) => ticks.map((t) => (Number.isInteger(t) ? grouped(t) : "")), size: 64 },
        ],
        series: [
          { label: "took at least", value: (_, step) => (step == null ? "–" : text(step)) },
          {
            label: "calls",
            fill: () => color("heat"),
            stroke: () => color("heat"),
            width: 0,
            paths: bars,
            points: { show: false },
            value: (_, n) => (n == null ? "–" : grouped(n)),
          },
        ],
      },
      folded(row),
    );
  }
  const columns = [
    { head: "Function" },
    { head: "Reason" },
    { head: "Calls", number: true },
    { head: "p50", number: true },
    { head: "p99", number: true },
    { head: "Longest", number: true },
  ];
  const rows = trace.latency.map((row, i) => [
    buttons[i],
    row.reason || "",
    grouped(row.count),
    duration(row.p50),
    duration(row.p99),
    duration(row.max),
  ]);
  const element = section(
    "latency",
    "Latency",
    "Of each function, and of what invalidates per reason. Choose one to see its histogram.",
    caption,
    picture,
    table("Latency of functions", columns, rows),
  );
  choose(
    trace.latency.find((row) => row.event.startsWith("cb_")) ??
      trace.latency.find((row) => row.event.startsWith("hl_")) ??
      trace.latency[0],
  );
  return element;
}
