// SPDX-License-Identifier: Apache-2.0
// What was found: a list, and of the chosen one the timeline, the evidence to jump to, and the text of `mirrorscope explain`.
import { el, section } from "./dom.js";
import { duration, plural } from "./numbers.js";
import { Timeline } from "./timeline.js";

function values(bar, tasks) {
  const lasted = bar.until > bar.from ? `, ${duration(bar.until - bar.from)}` : "";
  const list = (head, of) => [
    el("h5", {}, head),
    el("dl", {}, ...Object.entries(of).flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)])),
  ];
  return [
    el("h4", {}, bar.name),
    el("p", {}, `${tasks[bar.tid]} on CPU ${bar.cpu}, ${bar.event}${lasted}${bar.cut ? "; its end is not in the trace" : ""}`),
    ...list(bar.end ? "As it began" : "Values", bar.values),
    ...(bar.end && Object.keys(bar.end).length ? list("Different at its end", bar.end) : []),
  ];
}

function told(finding, trace) {
  const { timeline } = finding;
  const details = el(
    "div",
    { class: "values", id: "selected", role: "status" },
    el("p", { class: "says" }, "Choose a bar or a piece of evidence to see its values."),
  );
  const buttons = [];
  const drawn = new Timeline(timeline, trace.losses, finding.time, (index) => {
    details.dataset.bar = String(index);
    details.replaceChildren(...values(timeline.bars[index], timeline.tasks));
    for (const button of buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.bar) === index));
  });
  const evidence = timeline.evidence.map((e, i) => {
    const at = duration(e.time - finding.time);
    const says = [el("span", { class: "when" }, at), el("span", {}, `${i + 1}. ${e.role} `, el("code", {}, e.event), ` on CPU ${e.cpu}`)];
    if (e.bar === undefined) return el("li", {}, el("span", { class: "proof-button" }, ...says));
    const button = el(
      "button",
      { class: "proof-button", "data-bar": e.bar, "aria-pressed": "false", onclick: () => drawn.choose(e.bar) },
      ...says,
    );
    buttons.push(button);
    return el("li", {}, button);
  });
  return [
    drawn.element,
    timeline.left_out > 0 &&
      el(
        "p",
        { class: "says" },
        `${plural(timeline.left_out, "more bar")} of this time ${timeline.left_out === 1 ? "is" : "are"} not in the page.`,
      ),
    el("div", { class: "beside" }, el("div", {}, el("h4", {}, "Evidence"), el("ol", { class: "evidence" }, ...evidence)), details),
    el("h4", {}, "Explained"),
    el("pre", { class: "explained", tabindex: "0", "aria-label": `Explanation of ${finding.id}` }, finding.text),
  ];
}

export function findings(trace, rules) {
  const shown = el("article", { class: "finding", "aria-live": "polite" });
  const buttons = new Map();
  function choose(finding) {
    const rule = rules[finding.rule];
    for (const [id, button] of buttons) button.setAttribute("aria-current", String(id === finding.id));
    shown.replaceChildren(
      el("h3", {}, el("span", { class: `verdict ${finding.verdict}` }, finding.verdict), ` ${finding.id} ${rule.name}`),
      el("p", { class: "what" }, finding.what),
      el(
        "p",
        { class: "says" },
        finding.seen ??
          `${finding.task}${finding.whose ? ` of ${finding.whose}` : ""}${finding.callback ? `, ${finding.callback}` : ""}, ${duration(finding.time)} after the first record`,
      ),
      ...(finding.timeline
        ? told(finding, trace).filter(Boolean)
        : [
            el("p", {}, finding.trace ? "Its text, with the events that prove it: " : "This page tells the first findings of each rule whole. The text of this one: "),
            el("pre", {}, finding.trace ? `mirrorscope explain ${finding.trace} ${finding.rule}` : `mirrorscope explain ${trace.name} ${finding.id}`),
          ]),
    );
    shown.dataset.finding = finding.id;
  }
  const list = trace.findings.map((finding) => {
    const button = el(
      "button",
      { class: "pick", onclick: () => choose(finding) },
      el("span", { class: `dot ${finding.verdict}`, "aria-hidden": "true" }),
      el("strong", {}, finding.id),
      !finding.seen && el("span", { class: "when" }, duration(finding.time)),
      el("span", { class: "brief" }, finding.what),
    );
    buttons.set(finding.id, button);
    return el("li", {}, button);
  });
  if (trace.findings.length === 0)
    return section(
      "findings",
      "Findings",
      undefined,
      el("p", { class: "none" }, "No findings: nothing that was judged in this trace was wrong."),
    );
  const element = section(
    "findings",
    "Findings",
    `${plural(trace.findings.length, "finding")} kept. Each is proven by the records that it names.`,
    el("div", { class: "split" }, el("ul", { class: "list", "aria-label": "Findings" }, ...list), shown),
  );
  choose(trace.findings.find((f) => f.timeline) ?? trace.findings[0]);
  return element;
}
