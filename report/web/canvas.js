// SPDX-License-Identifier: Apache-2.0
// A canvas that is as sharp as the screen, an axis of time, and the pattern that marks where records are missing.
import { axisText } from "./numbers.js";
import { color } from "./theme.js";

export function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  return context;
}

export const axisHeight = 24;

export function axis(context, scale, zero, width) {
  const [left, right] = scale.range();
  const [from, until] = scale.domain();
  const ticks = scale.copy().domain([from - zero, until - zero]);
  const list = ticks.ticks(Math.max(2, Math.floor((right - left) / 110)));
  const text = axisText(list.length > 1 ? list[1] - list[0] : 1, until - from);
  context.fillStyle = color("faint");
  context.strokeStyle = color("line");
  context.textAlign = "center";
  for (const t of list) {
    const x = ticks(t);
    const label = text(t);
    const half = context.measureText(label).width / 2;
    context.beginPath();
    context.moveTo(x, axisHeight - 5);
    context.lineTo(x, axisHeight);
    context.stroke();
    if (x - half > left - 4 && x + half < width) context.fillText(label, x, axisHeight / 2 - 2);
  }
  context.textAlign = "left";
  return list.map((t) => ticks(t));
}

export function hatched(context, x, y, width, height) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.fillStyle = color("lost");
  context.globalAlpha = 0.1;
  context.fillRect(x, y, width, height);
  context.globalAlpha = 0.3;
  context.strokeStyle = color("lost");
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - height; at < x + width; at += 8) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}

// As much of the text as fits, with an ellipsis.
export function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let length = Math.min(text.length, Math.floor(width / 4));
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) --length;
  return length > 1 ? `${text.slice(0, length)}…` : "";
}
