// One page of the boards: filters the rows that lie in it, and shows them as key figures, charts and tables.
const packed = Uint8Array.from(atob(document.getElementById("data").textContent), (c) => c.charCodeAt(0));
const data = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
const say = (english) => data.words[english];
const root = document.documentElement;
const LOCALE = { en: "en", ar: "ar-u-nu-arab", fa: "fa-u-nu-arabext" }[data.language];
const SHOWN_PERIODS = { month: 24, quarter: 12, year: 5 };

// -- numbers, in the numerals of the language

const digits = (n) => ({ minimumFractionDigits: n, maximumFractionDigits: n });
const signed = { signDisplay: "exceptZero" };
const FORMATS = {
  integer: digits(0), money: digits(0), decimal: digits(1), ratio: digits(2), score: digits(0),
  percent: { style: "percent", ...digits(1) }, percent0: { style: "percent", ...digits(0) },
  change: { style: "percent", ...digits(1), ...signed },
  // on an axis: as short as it can be
  "integer~": { notation: "compact", maximumFractionDigits: 1 }, "money~": { notation: "compact", maximumFractionDigits: 1 },
  "decimal~": { maximumFractionDigits: 1 }, "ratio~": { maximumFractionDigits: 2 }, "score~": { maximumFractionDigits: 0 },
  "percent~": { style: "percent", maximumFractionDigits: 1 }, "percent0~": { style: "percent", maximumFractionDigits: 0 },
};
const formatters = {};
function shown(value, format) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "boolean") return say(value ? "yes" : "no");
  if (typeof value !== "number" || !FORMATS[format]) return typeof value === "number" ? shown(value, "ratio~") : String(value);
  formatters[format] ??= new Intl.NumberFormat(LOCALE, FORMATS[format]);
  // the hyphen that some languages put before a negative number is hardly seen beside their numerals
  return formatters[format].format(value).replace("-", "\u2212");
}
const isNumber = (format) => format in FORMATS || format === "figure";
const formatOf = (item, column, row) => (item.formats[column] === "figure" ? row._format : item.formats[column]);
// a share changes by points of a hundred, other figures by themselves
const changed = (by, format) =>
  format.startsWith("percent") ? `${shown(by * 100, "decimal")} ${say("points")}` : shown(by, format === "score" ? "decimal" : format);

// -- what is chosen: kept in the address, so that it stays from board to board

const select = (id) => document.getElementById(id);
const chosen = new URLSearchParams(location.hash.slice(1));
const places = (grain) => data.periods.flatMap((period, place) => (period.grain === grain ? [place] : []));
const option = (value, label) => Object.assign(document.createElement("option"), { value, textContent: label });

function fillPeriods() {
  const grain = select("grain");
  if (!grain) return;
  const kept = chosen.get("period");
  const own = places(grain.value).reverse();
  select("period").replaceChildren(...own.map((place) => option(data.periods[place].start, data.periods[place].label)));
  if (own.some((place) => data.periods[place].start === kept)) select("period").value = kept;
}

function fillSegments() {
  const segment = select("segment");
  if (!segment) return;
  const groups = Map.groupBy(data.segments, (each) => each.type);
  for (const [type, members] of groups) {
    const options = members.map((each) => option(each.key, each.label));
    if (members[0].key === "all:all") segment.append(...options);
    else {
      const group = Object.assign(document.createElement("optgroup"), { label: type });
      group.append(...options);
      segment.append(group);
    }
  }
  if (data.segments.some((each) => each.key === chosen.get("segment"))) segment.value = chosen.get("segment");
}

function choose() {
  for (const id of ["grain", "period", "segment"]) if (select(id)?.value) chosen.set(id, select(id).value);
  history.replaceState(null, "", `#${chosen}`);
  for (const link of document.querySelectorAll("a.board, a.language")) link.hash = chosen;
}

function choice() {
  const grain = select("grain")?.value;
  const own = places(grain);
  const at = own.find((place) => data.periods[place].start === select("period")?.value);
  const until = own.filter((place) => place <= at).slice(-SHOWN_PERIODS[grain]);
  return { at, until, segment: data.segments.findIndex((each) => each.key === (select("segment")?.value ?? "all:all")) };
}

// -- the rows of an entry for a choice

function rowsOf(item, { at, until, segment }) {
  const names = item.columns;
  const [period, part] = [names.indexOf("_period"), names.indexOf("_segment")];
  const isChosen = (row) =>
    (period < 0 || (item.period === "at" ? row[period] === at : until.includes(row[period]))) && (part < 0 || row[part] === segment);
  return item.rows.filter(isChosen).map((row) => {
    const named = Object.fromEntries(names.map((name, place) => [name, row[place]]));
    if (period >= 0) named.period = data.periods[row[period]].label;
    return named;
  });
}

function scopeOf(item, { at, until, segment }) {
  const label = (place) => data.periods[place]?.label ?? "";
  const first = label(until[0]);
  const time = !item.columns.includes("_period") ? "" : item.period === "at" || item.kpis.length || first === label(at) ? label(at) : `${first} – ${label(at)}`;
  const whom = item.columns.includes("_segment") ? data.segments[segment]?.label : "";
  return [time, whom].filter(Boolean).join(" · ");
}

// -- drawing

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

function tableOf(item, rows, caption) {
  const columns = Object.keys(item.formats);
  const kind = (column) => (isNumber(item.formats[column]) ? { class: "number" } : {});
  const head = make("tr", {}, ...columns.map((column) => make("th", { scope: "col", ...kind(column) }, item.headings[column])));
  const body = rows.map((row) =>
    make("tr", {}, ...columns.map((column) => {
      const cell = make("td", { "data-column": column, ...kind(column) }, make("bdi", {}, shown(row[column], formatOf(item, column, row))));
      if (typeof row[column] === "number") cell.dataset.value = row[column];
      return cell;
    })));
  const wrap = make("div", { class: "table", role: "region", tabindex: 0, "aria-label": caption });
  wrap.append(make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
  return wrap;
}

function sparkline(values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return "";
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const y = (value) => (high === low ? 15 : 28 - ((value - low) / (high - low)) * 26).toFixed(1);
  const points = values.flatMap((value, place) => (value === null ? [] : [`${((place / (values.length - 1)) * 100).toFixed(1)},${y(value)}`]));
  const line = `M${points.join("L")}`;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ class: "spark", viewBox: "0 0 100 30", preserveAspectRatio: "none", "aria-hidden": "true" })) svg.setAttribute(name, value);
  svg.innerHTML = `<path class="under" d="${line}L${points.at(-1).split(",")[0]},30L${points[0].split(",")[0]},30Z"/><path d="${line}"/>`;
  return svg;
}

function changeOf(kpi, now, before) {
  if (now?.value == null || before?.value == null) return make("p", { class: "change" });
  const by = now.value - before.value;
  const word = (by > 0) === (kpi.better === "up") ? "better" : "worse";
  const line = make("p", { class: "change" });
  const mark = make("b", kpi.better === "none" || by === 0 ? {} : { class: word === "better" ? "good" : "bad" });
  mark.append(`${by > 0 ? "▲" : by < 0 ? "▼" : "■"} `, make("bdi", {}, changed(Math.abs(by), kpi.format)));
  if (kpi.better !== "none" && by !== 0) mark.append(` · ${say(word)}`);
  line.append(mark, ` ${say("since")} `, make("bdi", {}, before.period));
  return line;
}

// the same period a year before, if the page has it
function yearBefore(place) {
  const { grain, start } = data.periods[place];
  const then = `${start.slice(0, 4) - 1}${start.slice(4)}`;
  return grain === "year" ? -1 : data.periods.findIndex((period) => period.grain === grain && period.start === then);
}

function goalOf(kpi, now) {
  if (now?.target == null || now.value == null) return make("p", { class: "goal" });
  const isReached = kpi.better === "up" ? now.value >= now.target : now.value <= now.target;
  const verdict = make("b", { class: isReached ? "good" : "bad" }, `${isReached ? "✓" : "✕"} ${say(isReached ? "reached" : "missed")}`);
  return make("p", { class: "goal" }, `${say("Target")} `, make("bdi", {}, shown(now.target, kpi.format)), " ", verdict);
}

function tilesOf(item, rows, { at, until }) {
  const tiles = item.kpis.map((kpi) => {
    const own = new Map(rows.filter((row) => row.metric === kpi.key).map((row) => [row._period, row]));
    const now = own.get(at);
    const text = shown(now?.value, kpi.format);
    const value = make("p", { class: "value", style: `--length: ${text.length}` }, make("bdi", {}, text));
    if (now?.value != null) value.dataset.value = now.value;
    const interval = make("p", { class: "interval", title: say("95% interval") });
    if (now?.value_lower != null) {
      interval.append(make("bdi", {}, `${shown(now.value_lower, kpi.format)} ${say("to")} ${shown(now.value_upper, kpi.format)}`));
    }
    const line = make("div", {}, sparkline(until.map((place) => own.get(place)?.value ?? null)));
    const parts = [make("h3", {}, kpi.label), value, interval, line, changeOf(kpi, now, own.get(at - 1)), changeOf(kpi, now, own.get(yearBefore(at))), goalOf(kpi, now)];
    return make("article", { class: "tile", "data-metric": kpi.key }, ...parts);
  });
  return make("div", { class: "tiles" }, ...tiles);
}

const colour = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const coloured = (node) =>
  Array.isArray(node) ? node.map(coloured)
    : node && typeof node === "object" ? Object.fromEntries(Object.entries(node).map(([key, value]) => [key, coloured(value)]))
      : typeof node === "string" && node.startsWith("$") ? colour(node.slice(1)) : node;

function configOf() {
  const text = { labelColor: colour("muted"), titleColor: colour("muted"), labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal" };
  return {
    font: getComputedStyle(document.body).fontFamily, background: "transparent", customFormatTypes: true,
    view: { stroke: null }, line: { strokeWidth: 2.2 }, bar: { cornerRadiusEnd: 2 },
    axis: { ...text, gridColor: colour("line"), domainColor: colour("line"), tickColor: colour("line"), labelPadding: 6, titlePadding: 10 },
    axisX: { grid: false }, axisQuantitative: { grid: true, ticks: false, domain: false, tickCount: 5 },
    axisBand: { grid: false, ticks: false }, axisPoint: { grid: false },
    legend: { ...text, labelColor: colour("ink"), orient: "top", direction: "horizontal", offset: 8, columnPadding: 16 },
    range: { category: ["c1", "c2", "c3"].map(colour) },
  };
}

// bars of the second and third colour have a texture too: a rule of style, which outlives whatever Vega draws anew
function textures() {
  const rule = (name) => {
    const filled = `path[fill="${colour(name)}"]`;
    return `.chart:has(.mark-rect ${filled}) :is(.mark-rect, .role-legend-symbol) ${filled} { fill: url(#texture-${name}); }`;
  };
  select("textures").textContent = ["c2", "c3"].map(rule).join("\n");
}

const views = new Map();
async function chart(section, item, rows) {
  const figure = section.querySelector(".figure");
  const holder = make("div", { class: "chart" });
  figure.replaceChildren(holder);
  views.get(item.name)?.finalize();
  const step = item.spec.height.step; // a row of the chart for each value
  const height = step ? step * new Set(rows.map((row) => row[item.spec.encoding.y.field])).size : item.spec.height;
  const spec = { ...coloured(structuredClone(item.spec)), config: configOf(), height, datasets: { rows }, autosize: { type: "fit-x", contains: "padding" } };
  const result = await vegaEmbed(holder, spec, {
    renderer: "svg", actions: false, expressionFunctions: { shown }, tooltip: { theme: "custom", disableDefaultStyle: true },
  });
  views.set(item.name, result);
  const svg = holder.querySelector("svg");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", section.querySelector("h2").textContent);
  // the table behind the chart is what a screen reader reads
  svg.querySelectorAll("g").forEach((node) => ["role", "aria-roledescription", "aria-label", "aria-hidden"].forEach((name) => node.removeAttribute(name)));
  svg.querySelectorAll("path, text, rect, line").forEach((node) => ["role", "aria-roledescription", "aria-label"].forEach((name) => node.removeAttribute(name)));
}

async function draw() {
  delete document.body.dataset.ready;
  const now = choice();
  textures();
  await Promise.all(data.items.map(async (item) => {
    const section = document.getElementById(item.name);
    const rows = rowsOf(item, now);
    const isEmpty = rows.length === 0;
    section.querySelector(".scope").textContent = scopeOf(item, now);
    section.querySelector(".empty").hidden = !isEmpty;
    section.querySelector(".figure").hidden = isEmpty;
    section.querySelector(".foot details")?.toggleAttribute("hidden", isEmpty);
    if (isEmpty) return section.querySelector(".figure").replaceChildren();
    const title = section.querySelector("h2").textContent;
    if (item.kpis.length) return section.querySelector(".figure").replaceChildren(tilesOf(item, rows, now));
    const table = tableOf(item, rows, title);
    if (!item.spec) return section.querySelector(".figure").replaceChildren(table);
    section.querySelector(".foot .table").replaceWith(table);
    await chart(section, item, rows);
  }));
  document.body.dataset.ready = "yes";
}

// -- light and dark

function theme(name) {
  root.dataset.theme = name;
  try { localStorage.setItem("theme", name); } catch { /* a browser that keeps nothing for pages of the disk */ }
}
let kept;
try { kept = localStorage.getItem("theme"); } catch { kept = null; }
root.dataset.theme = kept ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
select("theme").addEventListener("click", () => { theme(root.dataset.theme === "dark" ? "light" : "dark"); draw(); });

// paper is light, whatever the screen is
let onScreen;
addEventListener("beforeprint", () => { onScreen = root.dataset.theme; root.dataset.theme = "light"; draw(); });
addEventListener("afterprint", () => { root.dataset.theme = onScreen; draw(); });

if (select("grain") && chosen.get("grain")) select("grain").value = chosen.get("grain");
fillPeriods();
fillSegments();
choose();
select("grain")?.addEventListener("change", () => { fillPeriods(); choose(); draw(); });
for (const id of ["period", "segment"]) select(id)?.addEventListener("change", () => { choose(); draw(); });
document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
draw();
