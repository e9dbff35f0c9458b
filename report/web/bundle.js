// SPDX-License-Identifier: Apache-2.0
// Makes one page of web/: script and style bundled, put into page.html, cut where the data goes, written as C++.
//
// node bundle.js SOURCE_DIR OUT.cpp
// The packages are looked up beside this file: the build copies it to where `npm ci` has put them.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const [source, out] = process.argv.slice(2);
const packages = join(dirname(fileURLToPath(import.meta.url)), "node_modules");

async function bundle(entry) {
  const result = await build({
    entryPoints: [join(source, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["chrome100", "firefox100", "safari15.4"],
    charset: "ascii",
    legalComments: "none",
    nodePaths: [packages],
    logLevel: "warning",
  });
  return result.outputFiles[0].text.trim();
}

const script = await bundle("main.js");
const style = await bundle("style.css");
if (/<\/script|<!--/i.test(script) || /<\/style/i.test(style)) throw new Error("the bundle would end its own element");
const hash = createHash("sha256").update(script).digest("base64");
const page = readFileSync(join(source, "page.html"), "utf8")
  .replace("@script_hash@", () => `'sha256-${hash}'`)
  .replace("@style@", () => style)
  .replace("@script@", () => script);
const [before, after] = page.split("@data@");

// compilers take string literals of 64 KiB
const pieces = (text) => {
  const list = [];
  for (let i = 0; i < text.length; i += 16000) list.push(`R"page(${text.slice(i, i + 16000)})page"`);
  return list.map((piece) => `    ${piece},\n`).join("");
};
if (page.includes(')page"')) throw new Error("the page holds the delimiter of its literals");
writeFileSync(
  out,
  `// Made of report/web by its bundle.js.
#include "report/page/page.h"

namespace mirrorscope {
namespace {
constexpr std::string_view kBefore[] = {
${pieces(before)}};
constexpr std::string_view kAfter[] = {
${pieces(after)}};
}  // namespace
const std::span<const std::string_view> page_before = kBefore;
const std::span<const std::string_view> page_after = kAfter;
}  // namespace mirrorscope
`,
);
