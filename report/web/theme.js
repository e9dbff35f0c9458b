// SPDX-License-Identifier: Apache-2.0
// Light or dark: what the system prefers, until the reader says otherwise. Canvases ask here for colours and are told of changes.
import { el } from "./dom.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const redraws = new Set();

export const onTheme = (redraw) => redraws.add(redraw);
export const forget = () => redraws.clear();

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

function told(button) {
  button.textContent = isDark() ? "Light" : "Dark";
  button.setAttribute("aria-label", isDark() ? "Switch to light colours" : "Switch to dark colours");
  for (const redraw of redraws) redraw();
}

export function themeButton() {
  const button = el("button", { class: "plain", id: "theme" });
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    told(button);
  });
  system.addEventListener("change", () => told(button));
  told(button);
  return button;
}
