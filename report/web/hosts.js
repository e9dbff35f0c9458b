// SPDX-License-Identifier: Apache-2.0
// Of a merged result: its hosts, worst first, the way to the page of each trace, and what is wrong with the whole.
import { el, section, table } from "./dom.js";
import { grouped, plural } from "./numbers.js";

const levels = ["hard", "hazard", "smell"];

function violated(counts) {
  return counts.map((n, i) => n && `${n} ${levels[i]}`).filter(Boolean).join(", ") || "–";
}

function traces(host) {
  const links = host.traces.map((trace) =>
    el(
      "li",
      {},
      trace.page ? el("a", { href: trace.page }, trace.name) : trace.name,
      trace.file && !trace.page && el("span", { class: "says" }, ` in ${trace.file}`),
      trace.error && el("span", { class: "says" }, ` could not be judged: ${trace.error}`),
    ),
  );
  const more = host.count - host.traces.length;
  return el("ul", { class: "traces" }, ...links, more > 0 && el("li", {}, plural(more, "more trace")));
}

export function hosts(trace) {
  const { whole } = trace;
  const columns = [
    { head: "Host" },
    { head: "Violated" },
    { head: "Inconclusive", number: true },
    { head: "Lost", number: true },
    { head: "Records", number: true },
    { head: "Kernel" },
    { head: "Traces, worst first" },
  ];
  const rows = whole.hosts.map((host) => [
    host.host || "(no host)",
    violated(host.violated),
    host.inconclusive ? grouped(host.inconclusive) : "–",
    host.lost ? grouped(host.lost) : "–",
    grouped(host.records),
    host.kernels.join(", "),
    traces(host),
  ]);
  return section(
    "hosts",
    "Hosts",
    "Worst first: by what is violated, then by what could not be judged, then by what was lost.",
    whole.problems.length > 0 &&
      el(
        "div",
        { class: "warning", id: "problems" },
        el("p", {}, "Not everything that was to be merged is there, so that no rule is better than inconclusive:"),
        el("ul", {}, ...whole.problems.map((problem) => el("li", {}, el("strong", {}, problem.kind), ` ${problem.says}`))),
      ),
    table("Hosts, worst first", columns, rows),
  );
}
