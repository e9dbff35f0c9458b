// SPDX-License-Identifier: Apache-2.0
// The whole trace as a map of heat: a row per kind of event, process and CPU, a cell per bin of time, losses and findings above.
import { axis, axisHeight, fitted, hatched, sized } from "./canvas.js";
import { el, section } from "./dom.js";
import { duration, grouped } from "./numbers.js";
import { color, onTheme } from "./theme.js";
import { View, zoomButtons } from "./view.js";

const rowHeight = 16;
const groupHeight = 24;
const marksHeight = 20;

export function overview(trace) {
  const { overview: map, losses, findings } = trace;
  const axisCanvas = el("canvas", { class: "axis", "aria-hidden": "true" });
  const body = el("canvas", { class: "bars", "aria-hidden": "true" });
  const tip = el("div", { class: "tip", hidden: true });
  const range = el("p", { class: "range", role: "status", "aria-live": "polite" });
  const box = el(
    "div",
    {
      class: "timeline",
      id: "map",
      tabindex: "0",
      role: "group",
      "aria-roledescription": "timeline",
      "aria-label": `The whole trace, ${duration(trace.duration)}: ${map.rows.map((r) => `${r.name} ${grouped(r.total)}`).join(", ")}. Left and right move, plus and minus zoom, 0 shows all.`,
    },
    axisCanvas,
    body,
    tip,
  );
  // a colour says how much of the row's own most: rows differ by orders of magnitude
  const most = map.rows.map((r) => Math.log1p(Math.max(...r.counts)));
  const places = [];
  let height = marksHeight;
  let group = "";
  map.rows.forEach((r) => {
    if (r.group !== group) height += groupHeight;
    group = r.group;
    places.push(height);
    height += rowHeight + 2;
  });
  height += 6;

  function draw() {
    const width = box.clientWidth;
    if (!width) return;
    const left = Math.min(190, Math.max(84, width * 0.22));
    view.resize(left, width - 8);
    const scale = view.scale();
    const [from, until] = scale.domain();
    Object.assign(box.dataset, { from: String(from), until: String(until) });
    range.textContent = `Seen: ${duration(until - from)}, from ${duration(from)} to ${duration(until)} after the first record. A cell is ${duration(map.width)}.`;
    axis(sized(axisCanvas, width, axisHeight), scale, 0, width);
    const context = sized(body, width, height);
    const first = Math.max(0, Math.floor(from / map.width));
    const last = Math.min(map.bins - 1, Math.ceil(until / map.width));
    group = "";
    map.rows.forEach((r, i) => {
      const y = places[i];
      if (r.group !== group) {
        context.fillStyle = color("faint");
        context.font = `bold ${context.font}`;
        context.fillText(r.group, 6, y - groupHeight / 2 + 2);
        context.font = context.font.replace("bold ", "");
      }
      group = r.group;
      context.fillStyle = color("text");
      context.fillText(fitted(context, r.name, left - 14), 6, y + rowHeight / 2);
      context.fillStyle = color("grid");
      context.fillRect(left, y, width - 8 - left, rowHeight);
      context.fillStyle = color(r.group === "Events" ? `area-${r.name}` : "heat");
      for (let bin = first; bin <= last; ++bin) {
        if (!r.counts[bin]) continue;
        const x = Math.max(left, scale(bin * map.width));
        const end = Math.min(width - 8, scale((bin + 1) * map.width));
        context.globalAlpha = 0.2 + (0.8 * Math.log1p(r.counts[bin])) / most[i];
        if (end > x) context.fillRect(x, y, Math.max(1, end - x), rowHeight);
      }
      context.globalAlpha = 1;
    });
    for (const place of losses.places) {
      const x = Math.max(left, scale(place.from));
      const end = Math.min(width - 8, scale(place.until));
      if (end >= x) hatched(context, x, marksHeight, Math.max(3, end - x), height - marksHeight);
    }
    for (const finding of findings) {
      const x = scale(finding.time);
      if (x < left || x > width - 4) continue;
      context.fillStyle = color(finding.verdict);
      context.beginPath();
      context.moveTo(x - 5, 4);
      context.lineTo(x + 5, 4);
      context.lineTo(x, 14);
      context.fill();
      context.globalAlpha = 0.5;
      context.fillRect(x, 14, 1, height - 14);
      context.globalAlpha = 1;
    }
  }

  function hover(event) {
    const rect = body.getBoundingClientRect();
    const y = event.clientY - rect.top;
    const time = view.scale().invert(event.clientX - rect.left);
    const i = places.findIndex((at) => y >= at && y < at + rowHeight + 2);
    const bin = Math.floor(time / map.width);
    const near = y < marksHeight + 8 && findings.filter((f) => Math.abs(view.scale()(f.time) - (event.clientX - rect.left)) < 6);
    const lost = losses.places.filter((p) => time >= p.from && time <= p.until);
    tip.hidden = event.buttons || bin < 0 || bin >= map.bins || event.clientX - rect.left < view.left || (i < 0 && !near?.length);
    if (tip.hidden) return;
    tip.replaceChildren(
      ...(near?.length
        ? near.slice(0, 5).map((f) => el("div", {}, el("strong", {}, f.id), ` ${f.what}`))
        : [
            el("strong", {}, map.rows[i].name),
            el(
              "div",
              {},
              `${grouped(map.rows[i].counts[bin])} records in ${duration(map.width)}, ${duration(bin * map.width)} after the first record`,
            ),
          ]),
      ...lost.slice(0, 3).map((p) => el("div", {}, `missing here: ${grouped(p.count)} (${p.cause}${p.cpu < 0 ? "" : `, CPU ${p.cpu}`})`)),
    );
    const frame = box.getBoundingClientRect();
    const x = Math.min(event.clientX - frame.left + 14, frame.width - tip.offsetWidth - 8);
    tip.style.transform = `translate(${Math.max(0, x)}px, ${event.clientY - frame.top + box.scrollTop + 14}px)`;
  }

  // nothing is finer than a bin
  const view = new View(box, 0, map.width * map.bins, map.bins / 8, draw);
  body.addEventListener("pointermove", hover);
  body.addEventListener("pointerleave", () => (tip.hidden = true));
  new ResizeObserver(draw).observe(box);
  onTheme(draw);
  return section(
    "trace",
    "The whole trace",
    "Darker cells hold more records. Triangles are findings; hatched is where records are missing.",
    el("div", { class: "timeline-frame" }, el("div", { class: "tools" }, zoomButtons(el, view, "the whole trace")), box, range),
  );
}
