# SPDX-License-Identifier: Apache-2.0
# What hostile_test.sh asks of every output: hostile.py MIRRORSCOPE HOSTILE_TRACE TRACE...
import csv, functools, io, json, os, re, subprocess, sys, unicodedata

mirrorscope, hostile_trace, *traces = sys.argv[1:]
NAMES = [
    b"\x1b[2J\x1b]0;PWN\x07", b"\n::error::PWND", b"::error::PWND", b"a ::warning::x", b"##[error]PWND", b"\r\n# BAIL OUT", b"x\nnot ok 1 P",
    b"Bail out!", b"1..7", b"=1+cmd|'/C'!A0", b"@SUM(1)", b"-2+3", b"+1", b'a,"b",c', b"a;ret=0", b"`x`|[a](b)<b>", b"~~~~~~", b"~~~ <img>",
    b"@everyone #1", b"&lt;&#0;", b"]]>&lt;\x01\x02\x1f", b"</script><svg", b"'><img src=x>", b'"];alert(1)//', b"a\xff\xfe\xc0\x80b",
    b"\xe2\x80\xaegnp.exe", b"\xe2\x81\xa6x\xe2\x81\xa9", b"\xc2\x9b31m\xc2\x85", b"\xe2\x80\xa8x\xe2\x80\xa9", b"\xc3", b"\xed\xa0\x80",
    b"\\u003cscript", b"a\\x1b", b"%0A::error::x", b"{}%s%n{0}", b"\xd0\xbf\xd1\x80\xd0\xbe\xd1\x86", b" lead trail ", b"?", b"what??/'s",
]
open("names", "wb").write(b"\0".join(NAMES) + b"\0")
PATH = b"out\n::error::\x1b[31m\xff=@`x`|<b>"  # a directory may be called anything too
bad = []


def complain(where, what):
    bad.append(where)
    print(f"FAILED: {where}: {what}", flush=True)


def run(*arguments, codes=(0, 1, 3)):
    done = subprocess.run([mirrorscope, *arguments], capture_output=True)
    if done.returncode not in codes: complain(arguments, f"exit {done.returncode}: {done.stderr!r}")
    clean(arguments, done.stderr)
    return done.stdout


# Valid UTF-8 and nothing in it that a terminal or a reader takes for anything but letters.
def clean(where, data, ends=("\n",)):
    try: text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        complain(where, error)
        return data.decode("latin-1")
    for end in ends: text = text.replace(end, "\n")
    for c in set(text) - {"\n"}:
        if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"): complain(where, f"U+{ord(c):04X} in it")
    return text


# No line that the runner of a CI takes for a command, and none more than with harmless names.
def lines(where, text, harmless, own=()):
    for line in text.split("\n"):
        if line.lstrip().startswith("::") and not line.startswith(own or "\0"): complain(where, f"a command: {line!r}")
        if re.search(r"##(\[|vso|team)", line): complain(where, f"a command: {line!r}")
    if harmless is not None and text.count("\n") != harmless.count(b"\n"):
        complain(where, "there are other lines than with harmless names")


def unescaped(shown):
    return re.sub(rb"\\(\\|x[0-9a-f]{2})", lambda m: b"\\" if m[1] == b"\\" else bytes([int(m[1][1:], 16)]), shown.encode())


def fences(where, text):
    inside = None
    for line in text.split("\n"):
        m = re.fullmatch(r" {0,3}(~{3,})(text)?\s*", line)
        if inside is None and m and m[2]: inside = m[1]
        elif inside is not None and m and len(m[1]) >= len(inside):
            if m[1] != inside or line != inside: complain(where, f"the fence is ended by {line!r}")
            inside = None
        elif inside is None and re.search(r"(?<!\\)[`\[]|(?<!\\)<(?!/?(details|summary)>|!-- -->)|@(?!<!-- -->)", line): complain(where, f"markup: {line!r}")
    if inside: complain(where, "a fence is open")


def cells(where, data):
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    if len({len(r) for r in rows}) != 1: complain(where, "rows are not of one length")
    for r in rows:
        for c in r:
            if re.match(r"[=+@-]", c) and not re.fullmatch(r"-\d+|-E[A-Z0-9]+", c): complain(where, f"a formula: {c!r}")
    return [dict(zip(rows[0], r)) for r in rows[1:]]


seen = set()
for trace in traces:
    names = [n[:16].split(b"\0")[0] for n in NAMES]
    harmless_run = functools.cache(run)  # the same of the trace as it was
    for first in range(0, len(NAMES), 4):  # each has a dozen places
        out = os.path.join(os.fsencode(os.getcwd()), PATH)
        subprocess.run(["rm", "-rf", out], check=True)
        subprocess.run([hostile_trace, trace, out, "names", str(first)], check=True)
        here = lambda what: f"{what} of {trace}, names from {first}"

        dump = run("dump", out)
        lines(here("dump"), clean(here("dump"), dump), harmless_run("dump", trace))
        as_json = [json.loads(line) for line in clean(here("dump --json"), run("dump", "--json", out)).splitlines()]
        at = first
        for r in as_json:
            for field, size in (("function", 64), ("comm", 16), ("name", 64), ("module", 24)):
                if field not in r: continue
                if unescaped(r[field]) != NAMES[at % len(NAMES)][:size]: complain(here("dump --json"), f"{r[field]!r} is not {NAMES[at % len(NAMES)]!r}")
                seen.add(NAMES[at % len(NAMES)])
                at += 1

        for format in ("text", "markdown", "json", "junit", "sarif", "ktap", "github"):
            for explain in ([], ["--explain"]):
                where = here(f"check --format {format} {' '.join(explain)}")
                data = run("check", "--rules", "SEQ-01,REG-05,LIF-05", "--all", *explain, "--format", format, out)
                text = clean(where, data)
                own = ("::error title=", "::warning title=", "::notice title=") if format == "github" else ()
                harmless = harmless_run("check", "--rules", "SEQ-01,REG-05,LIF-05", "--all", *explain, "--format", format, trace)
                # text is folded, so that a longer name may make another line
                lines(where, text, harmless if format in ("json", "ktap", "github") else None, own)
                if format in ("json", "sarif"): json.loads(text)
                if format == "junit":
                    lint = subprocess.run(["xmllint", "--noout", "-"], input=data, capture_output=True)
                    if lint.returncode: complain(where, lint.stderr)
                if format == "markdown": fences(where, text)
                if format == "ktap":
                    for line in text.splitlines():
                        if not re.match(r" *(KTAP version 1$|1\.\.\d+$|# |(not )?ok \d+ )", line): complain(where, f"no KTAP: {line!r}")
        for finding in ("", "SEQ-01", "REG-05"):
            where = here(f"explain {finding}")
            lines(where, clean(where, run("explain", out, *([finding] if finding else []), codes=(0, 2))), None)
        for format in ("text", "json"):
            lines(here("conform"), clean(here("conform"), run("conform", "--format", format, out)), harmless_run("conform", "--format", format, trace))
        page = run("report", "-o", "-", out).decode()
        data = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, re.S)
        if not data: complain(here("report"), "no data in the page")
        else: json.loads(data[1])

        where = here("export --format csv")
        data = run("export", "--format", "csv", out)
        rows = cells(where, data)
        for r in rows:
            name = unescaped(r["task"])
            if name not in names and name != b"?": complain(where, f"task {r['task']!r}")
        clean(where, data, ends=("\r\n",))
        where = here("export --format notifiers")
        data = run("export", "--format", "notifiers", out)
        cells(where, data)
        clean(where, data, ends=("\r\n",))
        where = here("export --format chrome")
        json.loads(clean(where, run("export", "--format", "chrome", out)))
        where = here("export --format ctf-text")
        lines(where, clean(where, run("export", "--format", "ctf-text", out)), harmless_run("export", "--format", "ctf-text", trace))
        where = here("export --format perfetto")
        decoded = subprocess.run(["protoc", "--decode_raw"], input=run("export", "--format", "perfetto", out), capture_output=True)
        if decoded.returncode: complain(where, decoded.stderr)
        if bad: sys.exit(1)

if set(NAMES) - {n for n in NAMES if n in seen}: complain("dump --json", f"never shown: {set(NAMES) - seen}")
print(f"{len(traces)} traces with {len(NAMES)} names")
sys.exit(bool(bad))
