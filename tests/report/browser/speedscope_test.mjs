// SPDX-License-Identifier: Apache-2.0
// Does speedscope see in our Chrome JSON the tracks and calls that are in it? node speedscope_test.mjs CHROMIUM TRACE_JSON [SCREENSHOT]
//
// speedscope draws on a canvas: what it understood is read from the file that it saves, in its own format.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [chromium, trace_file, screenshot] = process.argv.slice(2);
const text = readFileSync(trace_file);
const events = JSON.parse(text).traceEvents ?? JSON.parse(text);

// Tracks and calls as they stand in the file. A call without a length, entered with the last record, is nothing to speedscope.
const wanted = new Map();
const open = new Map();
for (const e of events) {
  const track = `${e.pid}/${e.tid}`;
  if (!open.has(track)) open.set(track, []);
  if (e.ph === "B") open.get(track).push(e);
  if (e.ph !== "E") continue;
  const begun = open.get(track).pop();
  assert.equal(begun.name, e.name, "calls are nested");
  if (e.ts === begun.ts) continue;
  if (!wanted.has(track)) wanted.set(track, new Map());
  const calls = wanted.get(track);
  calls.set(e.name, (calls.get(e.name) ?? 0) + 1);
}
assert.ok(wanted.size > 0, "a trace without calls shows nothing");

const release = join(dirname(createRequire(import.meta.url).resolve("speedscope/package.json")), "dist/release/index.html");
const browser = await puppeteer.launch({
  executablePath: chromium,
  args: ["--headless=new", "--no-sandbox", "--disable-background-networking", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"],
  protocolTimeout: 300000,
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(120000);
  const complaints = [];
  // a file that it cannot read it complains of in a dialog; its drawing now and then fails an assertion without a GPU, which says nothing of the file
  page.on("dialog", (dialog) => (complaints.push(dialog.message()), dialog.dismiss()));
  await page.setViewport({ width: 1280, height: 800 });
  await page.evaluateOnNewDocument(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => (blob.text().then((saved) => (globalThis.saved = saved)), make.call(URL, blob));
  });
  // as its own command line does it: a script that hands the file over
  const script = resolve("handed_over.js");
  writeFileSync(script, `speedscope.loadFileFromBase64("trace.json", "${text.toString("base64")}")`);
  await page.goto(`${pathToFileURL(release).href}#localProfilePath=${script}`, { waitUntil: "load" });
  await page.waitForFunction((n) => document.body.innerText.includes(n === 1 ? "(tid " : `/${n})`), {}, wanted.size);
  if (screenshot) await page.screenshot({ path: screenshot });
  await page.keyboard.down("Control");
  await page.keyboard.press("s");
  await page.keyboard.up("Control");
  await page.waitForFunction("globalThis.saved");
  const saved = JSON.parse(await page.evaluate("globalThis.saved"));

  assert.deepEqual(complaints, []);
  assert.equal(saved.profiles.length, wanted.size, "tracks");
  const seen = saved.profiles.map((profile) => {
    const calls = new Map();
    for (const e of profile.events)
      if (e.type === "O") {
        // a frame is named after the call and its arguments
        const name = saved.shared.frames[e.frame].name;
        const call = [...new Set([...wanted.values()].flatMap((c) => [...c.keys()]))]
          .filter((k) => name === k || name.startsWith(`${k} `))
          .sort((a, b) => b.length - a.length)[0];
        assert.ok(call, `a frame that is no call of the trace: ${name}`);
        calls.set(call, (calls.get(call) ?? 0) + 1);
      }
    return calls;
  });
  const as_text = (tracks) => tracks.map((calls) => JSON.stringify([...calls].sort())).sort();
  assert.deepEqual(as_text(seen), as_text([...wanted.values()]), "calls of each track");
  const calls = [...wanted.values()].flatMap((c) => [...c.values()]).reduce((a, b) => a + b, 0);
  console.log(`${wanted.size} tracks, ${calls} calls: speedscope sees the same`);
} finally {
  await browser.close();
}
