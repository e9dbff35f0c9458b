// SPDX-License-Identifier: Apache-2.0
// How often memory was invalidated, by whom and why, and which ranges came back only to go again.
import { chart, steps } from "./charts.js";
import { el, section, table } from "./dom.js";
import { duration, grouped, plural, rate } from "./numbers.js";
import { color } from "./theme.js";

const drawn = 6;

export function storms(trace) {
  const { width, rows } = trace.storms;
  if (rows.length === 0) return section("storms", "Invalidations", undefined, el("p", { class: "none" }, "Nothing was invalidated."));
  const seconds = width / 1e9;
  const name = (row) => `${row.process}: ${row.reason}`;
  const picture = el("div", {
    class: "chart",
    role: "img",
    "aria-label": "Invalidations per second over time; the table below has the numbers",
  });
  const times = rows[0].counts.map((_, i) => (i * width) / 1e9);
  const shown = rows.slice(0, drawn);
  const plot = chart(
    picture,
    {
      scales: { x: { time: false }, y: { range: (_, min, max) => [0, Math.max(1, max * 1.05)] } },
      axes: [
        { values: (_, ticks) => ticks.map((t) => duration(t * 1e9)), space: 80 },
        { values: (_, ticks) => ticks.map(rate), size: 72 },
      ],
      series: [
        { label: "after the first record", value: (_, t) => (t == null ? "–" : duration(t * 1e9)) },
        ...shown.map((row, i) => ({
          label: name(row),
          stroke: () => color(`series-${i}`),
          width: 1.5,
          paths: steps,
          points: { show: false },
          value: (_, r) => (r == null ? "–" : rate(r)),
        })),
      ],
    },
    [times, ...shown.map((row) => row.counts.map((n) => n / seconds))],
  );
  void plot;
  const known = rows.some((row) => row.whose);
  const columns = [
    { head: "Process" },
    ...(known ? [{ head: "Whose it is" }] : []),
    { head: "Reason" },
    { head: "Invalidations", number: true },
    { head: "Mean", number: true },
    { head: "Peak", number: true },
  ];
  const total = Math.max(1, trace.duration) / 1e9;
  return section(
    "storms",
    "Invalidations",
    `Per second, by process and reason; a step is ${duration(width)}. ${rows.length > drawn ? `The ${drawn} with the most are drawn.` : ""}`,
    picture,
    table(
      "Invalidations by process and reason",
      columns,
      rows.map((row) => [
        row.process,
        ...(known ? [row.whose || "not known"] : []),
        row.reason,
        grouped(row.total),
        rate(row.total / total),
        rate(Math.max(...row.counts) / seconds),
      ]),
    ),
  );
}

export function pingpong(trace) {
  const { rows, untracked } = trace.pingpong;
  const says = "Ranges that a device looked up, the kernel invalidated, and the device looked up again. Each round costs a fault.";
  if (rows.length === 0)
    return section("pingpong", "Ping-pong", says, el("p", { class: "none" }, "No range came back after it was invalidated."));
  const columns = [
    { head: "Range" },
    { head: "First looked up by" },
    { head: "Rounds", number: true },
    { head: "Per second", number: true },
    { head: "Invalidated by" },
  ];
  const line = (row) => [
    el("code", {}, `[${row.start}, ${row.end})`),
    row.task,
    grouped(row.rounds),
    row.last > row.first ? rate((row.rounds * 1e9) / (row.last - row.first)) : "",
    Object.entries(row.reasons)
      .sort((a, b) => b[1] - a[1])
      .map(([reason, n]) => `${reason} ${grouped(n)}`)
      .join(", "),
  ];
  return section(
    "pingpong",
    "Ping-pong",
    says,
    table("Ranges that came back", columns, rows.map(line)),
    untracked > 0 &&
      el("p", { class: "says" }, `${plural(untracked, "look-up")} of further ranges were not followed: the page follows 65,536 ranges.`),
  );
}

export function losses(trace) {
  const { counts, places, left_out } = trace.losses;
  if (trace.lost === 0 && counts.length === 0 && trace.damage.length === 0)
    return section(
      "losses",
      "Losses",
      undefined,
      el(
        "p",
        { class: "none" },
        trace.settled ? "No record is missing." : "No record is known to be missing, but the recorder ended before it could say so.",
      ),
    );
  const columns = [{ head: "Cause" }, { head: "Event" }, { head: "Records", number: true }, { head: "Made up for", number: true }];
  return section(
    "losses",
    "Losses",
    `${plural(trace.lost, "record")} missing, of which ${grouped(trace.repaired)} the other half of their pair made up for. ${plural(places.length + left_out, "place")}, hatched on the timelines${left_out ? `; ${grouped(left_out)} of them are not drawn` : ""}.`,
    table(
      "Missing records",
      columns,
      counts.map((l) => [l.cause, l.event, grouped(l.count), grouped(l.repaired)]),
    ),
    trace.damage.length > 0 && el("ul", {}, ...trace.damage.map((text) => el("li", {}, text))),
  );
}
