// SPDX-License-Identifier: Apache-2.0
// The timeline of one finding: bars on lanes, losses behind them, evidence numbered as in the list beside it.
import { axis, axisHeight, fitted, hatched, sized } from "./canvas.js";
import { el } from "./dom.js";
import { groups, lanesOf } from "./lanes.js";
import { duration, plural } from "./numbers.js";
import { color, onTheme } from "./theme.js";
import { View, zoomButtons } from "./view.js";

const rowHeight = 18;
const groupHeight = 22;
const title = (bar) =>
  `${bar.name}${bar.until > bar.from ? `, ${duration(bar.until - bar.from)}` : ""}${bar.cut ? ", its end is not in the trace" : ""}`;

export class Timeline {
  // `zero`: the time that completes the finding. `selected(index)` is called when the reader chooses a bar.
  constructor(timeline, losses, zero, selected) {
    this.timeline = timeline;
    this.losses = losses.places.filter((p) => p.until >= timeline.from && p.from <= timeline.until);
    this.zero = zero;
    this.selected = selected;
    this.chosen = -1;
    this.shown = new Set(groups.map((g) => g.name));
    this.numbers = new Map();
    timeline.evidence.forEach((e, i) => e.bar !== undefined && this.numbers.set(e.bar, [...(this.numbers.get(e.bar) ?? []), i + 1]));
    this.build();
    const deepest = Math.max(4, (timeline.until - timeline.from) / 100);
    this.view = new View(this.box, timeline.from, timeline.until, deepest, () => this.draw());
    this.tools.prepend(zoomButtons(el, this.view, "the timeline"));
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("pointermove", (event) => this.hover(event));
    this.body.addEventListener("pointerleave", () => (this.tip.hidden = true));
    this.body.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.draw()).observe(this.box);
    onTheme(() => this.draw());
  }

  build() {
    this.axis = el("canvas", { class: "axis", "aria-hidden": "true" });
    this.body = el("canvas", { class: "bars", "aria-hidden": "true" });
    this.tip = el("div", { class: "tip", hidden: true });
    this.range = el("p", { class: "range", role: "status", "aria-live": "polite" });
    this.box = el(
      "div",
      {
        class: "timeline",
        tabindex: "0",
        role: "group",
        "aria-roledescription": "timeline",
        "aria-label": `Timeline of the finding: ${plural(this.timeline.bars.length, "bar")}, ${plural(this.timeline.evidence.length, "piece")} of evidence. Left and right move, plus and minus zoom, 0 shows all, n and p go through the evidence, full stop and comma through all bars.`,
      },
      this.axis,
      this.body,
      this.tip,
    );
    const toggle = (name) =>
      el("button", { class: "chip", "aria-pressed": "true", onclick: (event) => this.toggle(event.currentTarget, name) }, name);
    this.tools = el(
      "div",
      { class: "tools" },
      el("div", { class: "chips", role: "group", "aria-label": "Lanes" }, ...groups.map((g) => toggle(g.name))),
    );
    const used = [...new Set(this.timeline.bars.map((bar) => bar.area))].sort();
    const legend = el(
      "ul",
      { class: "legend", "aria-label": "Colours" },
      ...used.map((area) => el("li", {}, el("span", { class: `swatch area-${area}` }), area)),
      el("li", {}, el("span", { class: "swatch proof" }), "evidence"),
      this.losses.length > 0 && el("li", {}, el("span", { class: "swatch lost" }), "records are missing"),
    );
    this.element = el("div", { class: "timeline-frame" }, this.tools, this.box, this.range, legend);
  }

  toggle(button, name) {
    if (!this.shown.delete(name)) this.shown.add(name);
    button.setAttribute("aria-pressed", String(this.shown.has(name)));
    this.draw();
  }

  choose(index, reveal = true) {
    this.chosen = index;
    this.box.dataset.selected = String(index);
    const bar = this.timeline.bars[index];
    if (reveal) this.view.reveal(bar.from, Math.min(bar.until, this.timeline.until));
    else this.draw();
    this.show(index);
    this.selected(index);
  }

  // Scrolls the lanes so that the bar is seen.
  show(index) {
    const rect = this.rects.find((r) => r.index === index);
    if (!rect) return;
    const { scrollTop, clientHeight } = this.box;
    if (rect.y < scrollTop || rect.y + rowHeight + axisHeight > scrollTop + clientHeight)
      this.box.scrollTop = Math.max(0, rect.y - clientHeight / 3);
  }

  key(event) {
    const evidence = [...new Set(this.timeline.evidence.map((e) => e.bar))].filter((bar) => bar !== undefined);
    const all = this.timeline.bars.map((_, i) => i);
    const step = { n: [evidence, 1], p: [evidence, -1], ".": [all, 1], ",": [all, -1] }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || step[0].length === 0) return;
    event.preventDefault();
    const [list, by] = step;
    const at = list.indexOf(this.chosen);
    this.choose(list[at < 0 ? (by > 0 ? 0 : list.length - 1) : (at + by + list.length) % list.length]);
  }

  at(event) {
    const box = this.body.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    // the last drawn lies on top
    return this.rects.findLast((r) => x >= r.x - 2 && x <= r.x + r.width + 2 && y >= r.y && y <= r.y + rowHeight);
  }

  click(event) {
    const rect = this.at(event);
    if (rect) this.choose(rect.index, false);
  }

  hover(event) {
    const rect = event.buttons ? undefined : this.at(event);
    this.body.style.cursor = rect ? "pointer" : "grab";
    this.tip.hidden = !rect;
    if (!rect) return;
    const bar = this.timeline.bars[rect.index];
    const values = Object.entries({
      ...bar.values,
      ...Object.fromEntries(Object.entries(bar.end ?? {}).map(([k, v]) => [`${k} at the end`, v])),
    });
    this.tip.replaceChildren(
      el("strong", {}, title(bar)),
      el("div", {}, `${this.timeline.tasks[bar.tid]} on CPU ${bar.cpu}, ${bar.event}`),
      el("dl", {}, ...values.flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)])),
    );
    const box = this.box.getBoundingClientRect();
    const x = Math.min(event.clientX - box.left + 14, box.width - this.tip.offsetWidth - 8);
    const below = event.clientY + 16 + this.tip.offsetHeight < window.innerHeight;
    const y = event.clientY - box.top + this.box.scrollTop + (below ? 16 : -this.tip.offsetHeight - 12);
    this.tip.style.transform = `translate(${Math.max(0, x)}px, ${Math.max(0, y)}px)`;
  }

  draw() {
    const width = this.box.clientWidth;
    if (!width || !this.view) return;
    const left = Math.min(190, Math.max(84, width * 0.22));
    this.view.resize(left, width - 8);
    const scale = this.view.scale();
    const [from, until] = scale.domain();
    Object.assign(this.box.dataset, { from: String(from), until: String(until) });
    this.range.textContent = `Seen: ${duration(until - from)}, from ${duration(from - this.zero)} to ${duration(until - this.zero)} around the event that completes the finding (0).`;

    const lanes = lanesOf(this.timeline, this.shown);
    let height = 6;
    let group = "";
    for (const lane of lanes) {
      if (lane.group !== group) height += groupHeight;
      group = lane.group;
      lane.y = height;
      height += lane.rows * rowHeight + 6;
    }
    const top = sized(this.axis, width, axisHeight);
    const lines = axis(top, scale, this.zero, width);
    const context = sized(this.body, width, height);
    this.grid(context, lines, scale, left, height, width);
    this.rects = [];
    group = "";
    for (const lane of lanes) {
      if (lane.group !== group) {
        context.fillStyle = color("faint");
        context.font = context.font.replace(/^(bold )?/, "bold ");
        context.fillText(lane.group, 6, lane.y - groupHeight / 2);
        context.font = context.font.replace("bold ", "");
      }
      group = lane.group;
      context.fillStyle = color("line");
      context.fillRect(0, lane.y - 3, width, 1);
      context.fillStyle = color("text");
      context.fillText(fitted(context, lane.name, left - 14), 6, lane.y + rowHeight / 2);
      context.save();
      context.beginPath();
      context.rect(left, 0, width - left, height);
      context.clip();
      for (const item of lane.items) this.bar(context, item, lane.y + item.row * rowHeight, scale, left, width);
      context.restore();
    }
  }

  grid(context, lines, scale, left, height, width) {
    context.fillStyle = color("grid");
    for (const x of lines) if (x >= left) context.fillRect(Math.round(x), 0, 1, height);
    for (const place of this.losses) {
      const x = Math.max(left, scale(place.from));
      const end = Math.min(width, scale(place.until));
      if (end >= x) hatched(context, x, 0, Math.max(3, end - x), height);
    }
    const zero = scale(this.zero);
    context.strokeStyle = color("faint");
    context.setLineDash([3, 3]);
    context.beginPath();
    if (zero >= left) context.moveTo(zero, 0), context.lineTo(zero, height);
    context.stroke();
    context.setLineDash([]);
  }

  bar(context, { bar, index }, y, scale, left, width) {
    let x = scale(bar.from);
    const end = scale(bar.until);
    if (end < left - 4 || x > width) return;
    const point = bar.until === bar.from;
    if (!point) x = Math.max(x, left - 2);
    const size = point ? 5 : Math.max(2, Math.min(end, width + 2) - x);
    if (point) x -= 2;
    context.fillStyle = color(`area-${bar.area}`);
    context.globalAlpha = bar.span ? 0.55 : 1;
    context.beginPath();
    context.roundRect(x, y + 1, size, rowHeight - 3, 2);
    context.fill();
    context.globalAlpha = 1;
    const numbers = this.numbers.get(index);
    if (numbers || index === this.chosen) {
      context.lineWidth = index === this.chosen ? 3 : 1.5;
      context.strokeStyle = index === this.chosen ? color("focus") : color("text");
      context.stroke();
      context.lineWidth = 1;
    }
    const label = (numbers ? `${numbers.join(",")}: ` : "") + bar.name;
    if (size > 24) {
      context.fillStyle = bar.span ? color("text") : color("on-bar");
      context.fillText(fitted(context, label, size - 8), x + 4, y + rowHeight / 2);
    } else if (numbers) {
      context.fillStyle = color("text");
      context.fillText(numbers.join(","), x + size + 3, y + rowHeight / 2);
    }
    this.rects.push({ index, x, y, width: size });
  }
}
