// SPDX-License-Identifier: Apache-2.0
// Does the page do in a browser what it says? node page_test.mjs CHROMIUM PAGE CHECK_JSON NAME [SCREENSHOTS]
//
// What a page must do whatever is in it, and more where it has findings. Every request but that of the page itself is refused and counted.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [chromium, page_file, check_file, name, screenshots] = process.argv.slice(2);
const check = JSON.parse(readFileSync(check_file, "utf8"));
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--proxy-server=127.0.0.1:9", "--disable-background-networking"],
  protocolTimeout: 300000,
});
try {
  await look();
  console.log(`${name}: as expected`);
} finally {
  await browser.close();
}

async function look() {
  const page = await browser.newPage();
  page.setDefaultTimeout(120000);
  const complaints = [];
  const requests = [];
  page.on("console", (message) => ["error", "warn"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("dialog", (dialog) => (complaints.push(`dialog ${dialog.message()}`), dialog.dismiss()));
  const address = pathToFileURL(page_file).href;
  page.on("request", (request) => request.url() !== address && !request.url().startsWith("data:") && requests.push(request.url()));
  await page.setViewport({ width: 1280, height: 900 });
  // scrolling at once: what is measured stays where it was
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  await page.goto(address, { waitUntil: "load" });
  await page.waitForSelector("html[data-ready]");

  await verdicts(page);
  const data = JSON.parse(await page.$eval("#data", (e) => e.textContent));
  await compared(page, data.comparison);
  await hosts(page, data.traces[0].whole);
  if (!data.traces[0].whole) await moves(page, "#map");
  if (await page.$("article.finding .timeline")) await finding(page);
  else
    assert.ok(
      (await page.$("article.finding")) || check.rules.every((r) => r.verdict !== "violated"),
      "violated, and no finding is shown",
    );
  await names(page);
  await looks(page);

  assert.equal(await page.evaluate(() => globalThis.hostile), undefined, "a name out of the trace was run");
  assert.equal(await page.$$eval("img, script:not(#data)", (all) => all.length), 1, "elements that the page did not make");
  assert.deepEqual(complaints, [], "console");
  assert.deepEqual(requests, [], "requests");
}

function rows(page, section) {
  return page.$$eval(`${section} tbody tr`, (all) => all.map((tr) => [...tr.cells].map((td) => td.textContent)));
}

// Every difference has a row, in the order of the data, and what got worse is marked.
async function compared(page, comparison) {
  if (!comparison) return assert.equal(await page.$("#compared"), null, "compared with nothing");
  const shown = await rows(page, "#compared");
  const wanted = [
    ...comparison.verdicts.map((v) => [v.rule, v.level, v.before, v.after]),
    ...comparison.findings.map((f) => [f.change, f.what]),
    ...comparison.numbers.map((n) => [n.name]),
  ];
  assert.ok(wanted.length > 0, "the test compares what does not differ");
  assert.deepEqual(
    shown.map((cells, i) => cells.slice(0, wanted[i]?.length)),
    wanted,
    "differences",
  );
  assert.equal(await page.$$eval("#compared .worse", (all) => all.length), comparison.numbers.filter((n) => n.worse).length, "worse");
  for (const [name, , , after] of shown.slice(comparison.verdicts.length + comparison.findings.length))
    assert.doesNotMatch(after, /NaN|undefined|null/, name);
}

// Of a merged result: each host, the worst first, and its traces.
async function hosts(page, whole) {
  if (!whole) return assert.equal(await page.$("#hosts"), null, "hosts of one trace");
  const shown = await rows(page, "#hosts");
  assert.deepEqual(
    shown.map((cells) => cells[0]),
    whole.hosts.map((h) => h.host || "(no host)"),
    "hosts",
  );
  for (const [i, host] of whole.hosts.entries())
    for (const trace of host.traces) assert.ok(shown[i].at(-1).includes(trace.name), `${host.host}: ${trace.name}`);
  assert.equal(await page.$$eval("#problems li", (all) => all.length), whole.problems.length, "problems");
}

// The counts are check's, and a click shows the rules that they count.
async function verdicts(page) {
  for (const verdict of ["violated", "inconclusive", "holds", "never_exercised", "not_observable"]) {
    const wanted = check.rules
      .filter((r) => r.verdict === verdict)
      .map((r) => r.id)
      .sort();
    const tile = `.tile[data-verdict=${verdict}]`;
    assert.equal(await page.$eval(`${tile} .count`, (e) => Number(e.textContent)), wanted.length, verdict);
    await page.click(tile);
    const shown = await page.$$eval(".rules tbody tr", (all) => all.filter((tr) => tr.checkVisibility()).map((tr) => tr.dataset.rule));
    assert.deepEqual(shown.sort(), wanted, `the rules under ${verdict}`);
    await page.click(tile);
  }
  await page.type("#search", "SEQ-01");
  assert.deepEqual(
    await page.$$eval(".rules tbody tr", (all) => all.filter((tr) => tr.checkVisibility()).map((tr) => tr.dataset.rule)),
    ["SEQ-01"],
    "search",
  );
  await page.$eval("#search", (e) => ((e.value = ""), e.dispatchEvent(new Event("input"))));
  const wrong = check.rules.filter((r) => r.verdict === "violated").length;
  assert.match(
    await page.$eval(".conclusion", (e) => e.textContent),
    wrong ? new RegExp(`^${wrong} rules? violated`) : /^nothing violated/,
  );
}

function range(page, selector) {
  return page.$eval(selector, (e) => [Number(e.dataset.from), Number(e.dataset.until)]);
}

async function press(page, selector, ...keys) {
  await page.focus(selector);
  for (const key of keys) await page.keyboard.press(key);
  return range(page, selector);
}

async function moves(page, selector) {
  const [from, until] = await range(page, selector);
  const [near, far] = await press(page, selector, "+", "+");
  assert.ok(near > from && far < until, "plus zooms in");
  const [later] = await press(page, selector, "ArrowRight");
  assert.ok(later > near, "right goes to later");
  const [earlier] = await press(page, selector, "ArrowLeft", "ArrowLeft");
  assert.ok(earlier < later, "left goes to earlier");
  const [wider, widest] = await press(page, selector, "-");
  assert.ok(widest - wider > far - near, "minus zooms out");
  assert.deepEqual(await press(page, selector, "0"), [from, until], "0 shows all");
  await page.evaluate((s) => document.querySelector(s).blur(), selector);
}

async function finding(page) {
  const box = "article.finding .timeline";
  await moves(page, box);
  const findings = check.rules.flatMap((r) => (r.verdict === "violated" ? r.findings : r.verdict === "inconclusive" ? r.suspects : []));
  assert.equal(await page.$$eval(".pick", (all) => all.length), findings.length, "findings");
  assert.ok((await page.$eval("pre.explained", (e) => e.textContent)).includes("The events (us before the last"), "the explanation");

  const shown = await page.evaluate(() => {
    const { traces } = JSON.parse(document.getElementById("data").textContent);
    return traces[0].findings.find((f) => f.id === document.querySelector(".finding").dataset.finding).timeline;
  });
  // each piece of evidence is where its button says
  const buttons = await page.$$("button.proof-button");
  assert.ok(buttons.length > 0, "evidence can be jumped to");
  await press(page, box, "+", "+", "+", "+", "+", "+");
  for (const button of buttons) {
    await button.click();
    const bar = await button.evaluate((b) => b.dataset.bar);
    assert.equal(await page.$eval(box, (e) => e.dataset.selected), bar, "the bar is chosen");
    assert.equal(await page.$eval("#selected", (e) => e.dataset.bar), bar, "its values are shown");
    assert.equal(await button.evaluate((b) => b.getAttribute("aria-pressed")), "true");
    const { from, until } = shown.bars[Number(bar)];
    const [first, last] = await range(page, box);
    assert.ok(from <= last && until >= first, "it is in sight");
  }
  await press(page, box, "n");
  const bars = [...new Set(shown.evidence.map((e) => e.bar).filter((bar) => bar !== undefined))];
  const next = bars[(bars.indexOf(shown.evidence.at(-1).bar) + 1) % bars.length];
  assert.equal(
    await page.$eval(box, (e) => e.dataset.selected),
    String(next),
    "n goes to the next piece of evidence, from the last to the first",
  );
  await page.keyboard.press("0");

  // a bar tells its values: the pointer goes to a pixel that has the colour of the chosen bar's area
  await page.click("button.proof-button");
  await page.$eval(box, (e) => e.scrollIntoView({ block: "center" }));
  const spot = await page.$eval(box, (e) => {
    const canvas = e.querySelector(".bars");
    const colors = [...document.querySelectorAll(".finding .legend .swatch")].map((swatch) =>
      getComputedStyle(swatch).backgroundColor.match(/\d+/g).slice(0, 3).join(),
    );
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const seen = e.getBoundingClientRect();
    const all = canvas.getBoundingClientRect();
    for (let i = 0; i < width * height; ++i) {
      const x = all.left + ((i % width) * all.width) / width;
      const y = all.top + (Math.floor(i / width) * all.height) / height;
      if (data[4 * i + 3] === 255 && colors.includes(data.slice(4 * i, 4 * i + 3).join()) && y > seen.top + 30 && y < seen.bottom - 4)
        return [x + 1, y + 2];
    }
    return undefined;
  });
  assert.ok(spot, "a bar is drawn in a colour of the legend");
  await page.mouse.move(...spot);
  const hit = await page.$eval(`${box} .tip`, (e) => !e.hidden);
  assert.ok(hit, "a bar under the pointer tells its values");
  assert.ok((await page.$$eval(`${box} .tip dd`, (all) => all.length)) > 0, "all values");
}

// Whatever takes the focus has a name, and the focus is seen.
async function names(page) {
  const nameless = await page.$$eval("button, a, input, select, summary, [tabindex='0']", (all) =>
    all.filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length)).map((e) => e.outerHTML.slice(0, 80)),
  );
  assert.deepEqual(nameless, [], "without an accessible name");
  await page.evaluate(() => (document.activeElement?.blur(), scrollTo(0, 0)));
  const seen = [];
  for (let i = 0; i < 12; ++i) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate(() => [document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]));
  }
  // behind the last element it is nowhere, once
  assert.ok(seen.filter(([tag]) => tag === "BODY").length <= 1, `focus: ${JSON.stringify(seen)}`);
  assert.ok(
    seen.every(([tag, outline]) => tag === "BODY" || outline === "solid"),
    `focus: ${JSON.stringify(seen)}`,
  );
}

async function looks(page) {
  const back = () => page.$eval("body", (e) => getComputedStyle(e).backgroundColor);
  const shot = async (kind) => screenshots && (await page.screenshot({ path: `${screenshots}/${name}-${kind}.png`, fullPage: true }));
  await page.evaluate(() => scrollTo(0, 0));
  const light = await back();
  await shot("light");
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  const dark = await back();
  assert.notEqual(dark, light, "dark because the system is");
  await page.waitForFunction(() => document.getElementById("theme").textContent === "Light");
  await shot("dark");
  await page.click("#theme");
  assert.equal(await back(), light, "light because the reader wants it");
  await page.setViewport({ width: 400, height: 800 });
  const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(wide[0] <= wide[1], `400 pixels: the page is ${wide[0]} wide`);
  await new Promise((done) => setTimeout(done, 300));
  await shot("narrow");
}
