// Opens a report.html in a real browser as its readers do: by light and by dark, on a phone, in print, by a screen
// reader. Fails on any message of the console, any request, any break of the content policy, a page that scrolls
// sideways, a chart without words or table, and whatever axe finds. Keeps what it saw as pictures and a PDF.
//
//     node check.mjs PAGE OUT_DIR
//
// CHROMIUM names the browser; the default is Debian's.

import { readFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [pagePath, outDirectory] = process.argv.slice(2);
if (!outDirectory) {
  console.error("usage: node check.mjs PAGE OUT_DIR");
  process.exit(64);
}

const BYTES_MAX = 2_000_000;
const VIEWS = [
  { name: "light", width: 1280, colorScheme: "light" },
  { name: "dark", width: 1280, colorScheme: "dark" },
  { name: "tablet", width: 800, colorScheme: "light" },
  { name: "phone", width: 360, colorScheme: "light" },
  { name: "phone-dark", width: 360, colorScheme: "dark" },
];
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(path.resolve(pagePath)).href;
const problems = [];

/** Takes note of everything that a page must not do. */
function watch(page, view) {
  page.on("console", (message) => problems.push(`${view}: console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`${view}: error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== address) problems.push(`${view}: request: ${request.url()}`);
  });
  return page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
}

/** What is wrong with the charts and headings, found inside the page. */
function structure() {
  const found = [...window.violations.map((violation) => `content policy: ${violation}`)];
  for (const svg of document.querySelectorAll("svg")) {
    const title = svg.querySelector("title")?.textContent;
    const names = (svg.getAttribute("aria-labelledby") ?? "").split(" ");
    const isNamed = names.length === 2 && names.every((id) => document.getElementById(id)?.textContent);
    if (svg.getAttribute("role") !== "img" || !title || !isNamed) found.push(`a chart without words: ${title}`);
    const rows = svg.closest("figure")?.querySelectorAll("details table tbody tr");
    if (!rows?.length) found.push(`a chart without a table: ${title}`);
    for (const mark of svg.querySelectorAll("text, rect")) {
      const box = mark.getBoundingClientRect();
      const frame = svg.getBoundingClientRect();
      if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(`${title}: ${mark.textContent} is cut`);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) found.push("an id is there twice");
  if (document.scripts.length) found.push("a script");
  return found;
}

async function look(browser, view) {
  const { name, width, colorScheme } = view;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  await watch(page, name);
  await page.goto(address);
  await page.screenshot({ path: path.join(outDirectory, `${name}.png`), fullPage: true });
  for (const state of ["closed", "open"]) {
    if (state === "open") await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (sideways > 0) problems.push(`${name}, ${state}: scrolls ${sideways} px sideways`);
  }
  problems.push(...(await page.evaluate(structure)).map((problem) => `${name}: ${problem}`));
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run(document));
  for (const { id, help, nodes } of violations) {
    problems.push(`${name}: axe ${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }
  if (width <= 400) await page.screenshot({ path: path.join(outDirectory, `${name}-open.png`), fullPage: true });
  await context.close();
}

async function print(browser) {
  const context = await browser.newContext({ colorScheme: "dark" });
  const page = await context.newPage();
  await watch(page, "print");
  await page.goto(address);
  await page.pdf({ path: path.join(outDirectory, "print.pdf"), format: "A4", preferCSSPageSize: true });
  await context.close();
}

mkdirSync(outDirectory, { recursive: true });
const bytes = statSync(pagePath).size;
if (bytes > BYTES_MAX) problems.push(`${bytes} bytes, more than ${BYTES_MAX}`);
const profile = mkdtempSync(path.join(tmpdir(), "renewals-page-"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  env: { ...process.env, HOME: profile },
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
try {
  for (const view of VIEWS) await look(browser, view);
  await print(browser);
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(`${bytes} bytes, ${VIEWS.length} views and print, ${problems.length} problems; see ${outDirectory}`);
process.exit(problems.length ? 1 : 0);
