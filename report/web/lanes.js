// SPDX-License-Identifier: Apache-2.0
// On which lanes a bar is: of its task, its CPU, its sub and the range that a device mirrors. Nothing here draws.
const mostLanes = 10;
const mostRows = 8;

// A call belongs to a task and a CPU; a mapping or an access belongs to what is mirrored.
const ofTask = (bar) => !bar.span || bar.name === "invalidation" || bar.name === "migration";

function mirrored(bar) {
  const v = bar.values;
  if (v.ctx && v.ctx !== "0x0") return `object ${v.ctx}`;
  if (bar.area === "fault" && v.start && v.end) return `[${v.start}, ${v.end})`;
  return undefined;
}

export const groups = [
  { name: "Tasks", lane: (bar, tasks) => (ofTask(bar) ? tasks[bar.tid] : undefined) },
  { name: "CPUs", lane: (bar) => (bar.span ? undefined : `CPU ${bar.cpu}`) },
  { name: "Subs", lane: (bar) => (!bar.span && bar.values.sub && bar.values.sub !== "0x0" ? bar.values.sub : undefined) },
  { name: "Mirrored ranges", lane: mirrored },
];

// Each bar in the first row that is free: calls inside calls come below them.
function rowsOf(bars) {
  const free = [];
  return bars.map((bar) => {
    let row = free.findIndex((until) => until < bar.from);
    if (row < 0) row = free.length;
    free[row] = Math.max(bar.until, bar.from);
    return Math.min(row, mostRows - 1);
  });
}

// [{group, name, rows, items: [{bar, index, row}]}], lanes with evidence first.
export function lanesOf(timeline, shown) {
  const proves = new Set(timeline.evidence.map((e) => e.bar));
  const lanes = [];
  for (const group of groups) {
    if (!shown.has(group.name)) continue;
    const byName = new Map();
    timeline.bars.forEach((bar, index) => {
      const name = group.lane(bar, timeline.tasks);
      if (name === undefined) return;
      if (!byName.has(name)) byName.set(name, []);
      byName.get(name).push(index);
    });
    const names = [...byName.keys()];
    const weight = (name) => byName.get(name).filter((index) => proves.has(index)).length;
    names.sort((a, b) => weight(b) - weight(a));
    for (const name of names.slice(0, mostLanes)) {
      const indices = byName.get(name);
      const rows = rowsOf(indices.map((index) => timeline.bars[index]));
      lanes.push({
        group: group.name,
        name,
        rows: Math.max(...rows) + 1,
        items: indices.map((index, i) => ({ bar: timeline.bars[index], index, row: rows[i] })),
      });
    }
    if (names.length > mostLanes) lanes.push({ group: group.name, name: `${names.length - mostLanes} more`, rows: 1, items: [] });
  }
  return lanes;
}
