// SPDX-License-Identifier: Apache-2.0
// The page: what the trace is, and its sections in the order in which a reader asks.
import { compared } from "./compared.js";
import { el } from "./dom.js";
import { findings } from "./findings.js";
import { hosts } from "./hosts.js";
import { latency } from "./latency.js";
import { duration, grouped, plural } from "./numbers.js";
import { overview } from "./overview.js";
import { losses, pingpong, storms } from "./storms.js";
import { forget, themeButton } from "./theme.js";
import { verdicts } from "./verdicts.js";

const data = JSON.parse(document.getElementById("data").textContent);

function conclusion(trace) {
  const violated = trace.rules.filter((rule) => rule.verdict === "violated");
  const unclear = trace.rules.filter((rule) => rule.verdict === "inconclusive");
  // what is right, but slow or fragile, is no bug: say so where it is counted
  const named = (rule) => (data.rules[rule.id].level === "hard" ? rule.id : `${rule.id} (${data.rules[rule.id].level})`);
  if (violated.length) return ["violated", `${plural(violated.length, "rule")} violated: ${violated.map(named).join(", ")}`];
  if (trace.blind) return ["inconclusive", "the recording does not say which probes it had: nothing could be judged"];
  if (unclear.length) return ["inconclusive", `nothing violated, ${plural(unclear.length, "rule")} inconclusive`];
  return ["holds", "nothing violated"];
}

function head(trace) {
  const facts = [
    ["Kernel", trace.kernel],
    ["Records", grouped(trace.records)],
    ["Time", duration(trace.duration)],
    ["Missing", grouped(trace.lost)],
    ["Recorded by", trace.recorder],
    ["Judged by", `mirrorscope ${data.version}`],
  ];
  const [verdict, text] = conclusion(trace);
  return el(
    "div",
    { class: "about" },
    el("p", { class: `conclusion ${verdict}` }, text),
    el(
      "dl",
      { class: "facts" },
      ...facts.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    ),
    !trace.ended && el("p", { class: "warning" }, "The recording has no end: its recorder was killed, or it is still running."),
  );
}

// Each section, and whether a merged result has it: what lies on one trace's axis of time has no place in many.
const parts = [
  ["compared", "Compared", () => data.comparison, () => compared(data)],
  ["hosts", "Hosts", (trace) => trace.whole, hosts],
  ["verdicts", "Verdicts", () => true, (trace) => verdicts(trace, data.rules)],
  ["findings", "Findings", () => true, (trace) => findings(trace, data.rules)],
  ["trace", "Trace", (trace) => !trace.whole, overview],
  ["latency", "Latency", () => true, latency],
  ["storms", "Invalidations", (trace) => !trace.whole, storms],
  ["pingpong", "Ping-pong", (trace) => !trace.whole, pingpong],
  ["losses", "Losses", () => true, losses],
];

const nav = el("nav", { "aria-label": "Sections" });
const main = el("main", { id: "content", tabindex: "-1" });

function show(trace) {
  forget();
  document.title = `${trace.name}: mirrorscope report`;
  const there = parts.filter(([, , has]) => has(trace));
  nav.replaceChildren(...there.map(([id, name]) => el("a", { href: `#${id}` }, name)));
  main.replaceChildren(head(trace), ...there.map(([, , , make]) => make(trace)));
}

function title() {
  if (data.traces.length === 1) return el("span", { class: "trace-name" }, data.traces[0].name);
  return el(
    "select",
    { "aria-label": "Trace", onchange: (event) => show(data.traces[event.target.selectedIndex]) },
    ...data.traces.map((trace) => el("option", {}, `${trace.name}: ${conclusion(trace)[1]}`)),
  );
}

document
  .getElementById("page")
  .append(
    el("a", { class: "skip", href: "#content" }, "Skip to the report"),
    el(
      "header",
      {},
      el("h1", {}, "mirrorscope"),
      title(),
      themeButton(),
      nav,
    ),
    main,
  );
show(data.traces[0]);
document.documentElement.dataset.ready = "";
