// SPDX-License-Identifier: Apache-2.0
// How uPlot is used here: colours of the theme, width of the page, one chart per element.
import uPlot from "uplot";
import { color, onTheme } from "./theme.js";

export function chart(element, options, data) {
  const axis = (extra) => ({
    stroke: () => color("faint"),
    grid: { stroke: () => color("grid"), width: 1 },
    ticks: { stroke: () => color("line"), width: 1 },
    ...extra,
  });
  const plot = new uPlot(
    {
      width: 300,
      height: 240,
      ...options,
      axes: options.axes.map(axis),
      cursor: { points: { size: 6 }, drag: { x: true, y: false } },
    },
    data,
    element,
  );
  new ResizeObserver(() => element.clientWidth && plot.setSize({ width: element.clientWidth, height: 240 })).observe(element);
  onTheme(() => plot.redraw(false));
  return plot;
}

export const bars = uPlot.paths.bars({ size: [1, 100, 1], align: 1, gap: 1 });
export const steps = uPlot.paths.stepped({ align: 1 });
