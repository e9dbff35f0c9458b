// SPDX-License-Identifier: Apache-2.0
// How numbers and times are written: 12,345 and 3.4 us.
const units = [
  [1e9, "s"],
  [1e6, "ms"],
  [1e3, "us"],
  [1, "ns"],
];

const unitFor = (ns) => units.find(([size]) => Math.abs(ns) >= size) ?? units[3];

export const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");

export function duration(ns) {
  const [size, name] = unitFor(ns);
  const value = ns / size;
  const digits = size === 1 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${name}`;
}

// Times on one axis share a unit, and have the digits that tell neighbours apart.
export function axisText(step, span) {
  const [size, name] = unitFor(Math.max(step, span / 20));
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step / size) - 1e-9)));
  return (ns) => `${(ns / size).toFixed(digits)} ${name}`;
}

export function rate(perSecond) {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} M/s`;
  if (perSecond >= 1e3) return `${(perSecond / 1e3).toFixed(1)} k/s`;
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`;
}

export const plural = (n, one, many = `${one}s`) => `${grouped(n)} ${n === 1 ? one : many}`;
