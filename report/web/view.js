// SPDX-License-Identifier: Apache-2.0
// Which part of a time axis is seen: drag, pinch, wheel and keys all change the same transform.
import { scaleLinear } from "d3-scale";
import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";

export class View {
  // `element` takes the focus; what is drawn is told by `changed`. At most `deepest` times larger.
  constructor(element, from, until, deepest, changed) {
    this.element = element;
    this.from = from;
    this.until = Math.max(until, from + 1);
    this.changed = changed;
    this.transform = zoomIdentity;
    this.left = 0;
    this.width = 100;
    this.zoom = zoom()
      .scaleExtent([1, Math.max(1, deepest)])
      // the wheel scrolls the page unless the reader is at the timeline, or holds Ctrl
      .filter((event) => (event.type === "wheel" ? event.ctrlKey || element.contains(document.activeElement) : !event.button))
      .on("zoom", ({ transform }) => {
        this.transform = transform;
        this.changed();
      });
    select(element).call(this.zoom).on("dblclick.zoom", null);
    element.addEventListener("keydown", (event) => this.key(event));
  }

  resize(left, right) {
    this.left = left;
    this.width = Math.max(10, right - left);
    const area = [
      [left, 0],
      [right, 1],
    ];
    this.zoom.extent(area).translateExtent(area);
  }

  scale() {
    const base = scaleLinear([this.from, this.until], [this.left, this.left + this.width]);
    return this.transform.rescaleX(base);
  }

  by(factor) {
    select(this.element).call(this.zoom.scaleBy, factor);
  }

  pan(share) {
    select(this.element).call(this.zoom.translateBy, (-share * this.width) / this.transform.k, 0);
  }

  all() {
    select(this.element).call(this.zoom.transform, zoomIdentity);
  }

  // Moves just as far as it takes to see [from, until].
  reveal(from, until) {
    const [seenFrom, seenUntil] = this.scale().domain();
    if (from >= seenFrom && until <= seenUntil) return this.changed();
    const k = Math.min(this.transform.k, (0.8 * (this.until - this.from)) / Math.max(1, until - from));
    const base = scaleLinear([this.from, this.until], [this.left, this.left + this.width]);
    const middle = base((from + until) / 2);
    select(this.element).call(this.zoom.scaleTo, k).call(this.zoom.translateTo, middle, 0);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.pan(-0.15),
      ArrowRight: () => this.pan(0.15),
      "+": () => this.by(1.5),
      "=": () => this.by(1.5),
      "-": () => this.by(1 / 1.5),
      0: () => this.all(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

// Buttons for those who have no keyboard.
export function zoomButtons(el, view, what) {
  const button = (text, label, act) =>
    el("button", { class: "plain", "aria-label": `${label}, ${what}`, title: label, onclick: act }, text);
  return el(
    "div",
    { class: "buttons", role: "group", "aria-label": `Zoom of ${what}` },
    button("←", "Earlier", () => view.pan(-0.3)),
    button("−", "Zoom out", () => view.by(1 / 2)),
    button("+", "Zoom in", () => view.by(2)),
    button("→", "Later", () => view.pan(0.3)),
    button("All", "Show all", () => view.all()),
  );
}
