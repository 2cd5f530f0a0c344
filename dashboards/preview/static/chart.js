// A question's plot as ECharts draws it.

import { moment, shown } from "/static/format.js";

const FALLBACK = ["first", "second", "third", "fourth", "planned", "bad", "limit", "neutral"];
const DASHED = new Set(["limit", "warning", "bad", "neutral"]);

export function option(question, answer, look) {
  if (question.display === "gauge") return gauge(question, answer, look);
  const at = Object.fromEntries(answer.columns.map((name, i) => [name, i]));
  const x = question.columns[question.x];
  const isTime = ["date", "datetime"].includes(x.format) && question.display !== "row";
  const sideways = question.display === "row";
  const rows = answer.rows;
  const names = [...new Set(rows.map((row) => row[at[question.x]]))];
  const lines = question.series ? split(question, rows, at) : question.y.map((name) => ({ name, column: name, rows }));
  const totals = question.stack === "normalized" ? sums(lines, at, question.x) : null;
  const series = lines.map((line, i) => one(question, line, i, { at, isTime, sideways, names, totals, look }));
  if (question.goal) series[0].markLine = goal(question, sideways, look);
  const left = question.y.find((name) => !question.right.includes(name));
  const scale = (name) => ({
    type: "value",
    scale: ["line", "scatter"].includes(question.display),
    axisLabel: { color: look.soft, formatter: (v) => shown(v, axisColumn(question.columns[name], totals)), hideOverlap: true },
    splitLine: { lineStyle: { color: look.line } },
    max: (v) => top(v.max, question, name),
    minInterval: question.columns[name].format === "number" && question.columns[name].decimals === 0 ? 1 : 0,
  });
  const category = {
    type: isTime ? "time" : "category",
    ...(x.format === "date" ? { minInterval: 86_400_000 } : {}),
    ...(isTime ? {} : { data: names.map((name) => shown(name, x)), inverse: sideways }),
    axisLabel: { color: look.soft, hideOverlap: true, ...few(names, sideways || isTime, look), ...(sideways ? broken(names.map((name) => shown(name, x)), look) : {}), ...(isTime ? { formatter: ticks } : {}) },
    axisLine: { lineStyle: { color: look.line } },
    axisTick: { show: false },
    ...(question.x_title ? { name: question.x_title, nameLocation: "middle", nameGap: 26, nameTextStyle: { color: look.soft } } : {}),
  };
  const values = question.right.length ? [scale(left ?? question.y[0]), { ...scale(question.right[0]), splitLine: { show: false } }] : scale(left);
  return {
    animation: false,
    backgroundColor: "transparent",
    textStyle: { fontFamily: look.font, color: look.ink },
    grid: { left: 6, right: 24, top: series.length > 1 ? 34 : 12, bottom: question.x_title ? 26 : 4, containLabel: true },
    legend: { show: series.length > 1, type: "scroll", top: 0, left: 0, itemWidth: 16, itemHeight: 9, textStyle: { color: look.ink }, pageTextStyle: { color: look.soft } },
    tooltip: {
      trigger: question.display === "scatter" ? "item" : "axis",
      axisPointer: { type: sideways || question.display === "bar" ? "shadow" : "line" },
      confine: true,
      backgroundColor: look.card,
      borderColor: look.line,
      textStyle: { color: look.ink, fontSize: 13 },
      order: "valueDesc",
    },
    xAxis: sideways ? values : category,
    yAxis: sideways ? category : values,
    series,
  };
}

// Few names all have their place, on several lines if need be.
function few(names, isOther, look) {
  const room = (0.86 * look.width) / names.length - 6;
  if (!isOther && names.length <= 12 && room < 7 * Math.max(...names.map((name) => longestWord(name)))) return { interval: 0, hideOverlap: false, rotate: 35 };
  return isOther || names.length > 12 ? {} : { interval: 0, hideOverlap: false, width: room, overflow: "break" };
}

// Names that would take more than their share of the width go on over several lines.
function broken(texts, look) {
  const room = Math.max(90, 0.42 * look.width);
  return 6.5 * Math.max(0, ...texts.map((text) => text.length)) > room ? { width: room, overflow: "break", fontSize: 11, lineHeight: 13 } : {};
}

const longestWord = (name) => Math.max(0, ...String(name).split(" ").map((word) => word.length));

// Room for a goal that no value reaches; and nothing above 100 % where nothing can be.
function top(greatest, question, name) {
  const isShare = question.columns[name].format === "percent";
  if (question.goal && greatest < question.goal.value) return isShare && question.goal.value > 0.8 && question.goal.value <= 1 ? 1 : round(question.goal.value);
  return isShare && greatest > 0.9 && greatest <= 1 ? 1 : null;
}

const round = (value) => {
  const step = 10 ** Math.floor(Math.log10(Math.abs(value) || 1)) / 10;
  return Math.ceil((value * 1.04) / step) * step;
};

// On an axis: no more decimals than there are, and the unit stands in the card's heading.
const axisColumn = (column, totals) => (totals ? { format: "percent", decimals: 1, isTrimmed: true } : { ...column, unit: "", isTrimmed: true });

function ticks(value) {
  const text = moment(value, true);
  return text.endsWith("00:00") ? text.slice(5, 10) : text.slice(11);
}

function split(question, rows, at) {
  const groups = new Map();
  for (const row of rows) {
    const name = String(row[at[question.series]] ?? "–");
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(row);
  }
  return [...groups].map(([name, own]) => ({ name, column: question.y[0], rows: own }));
}

function sums(lines, at, x) {
  const totals = new Map();
  for (const line of lines) for (const row of line.rows) totals.set(row[at[x]], (totals.get(row[at[x]]) ?? 0) + (row[at[line.column]] ?? 0));
  return totals;
}

function one(question, line, i, { at, isTime, sideways, names, totals, look }) {
  const column = question.columns[line.column];
  const meaning = question.colours[line.name] ?? FALLBACK[i % FALLBACK.length];
  const kind = question.display === "combo" ? (question.lines.includes(line.column) ? "line" : "bar") : { area: "line", row: "bar" }[question.display] ?? question.display;
  const byX = new Map(line.rows.map((row) => [row[at[question.x]], row]));
  const value = (key) => {
    const raw = byX.get(key)?.[at[line.column]];
    return raw === null || raw === undefined ? null : totals ? raw / (totals.get(key) || 1) : raw;
  };
  // ECharts stacks by position, on a time axis too: every series has every moment, or a bar floats over a missing one.
  const moments = question.stack ? names : line.rows.map((row) => row[at[question.x]]);
  const none = question.stack ? 0 : null;
  const pairs = isTime ? moments.map((key) => ({ value: [key, value(key) ?? none], row: byX.get(key) })) : names.map((key) => ({ value: value(key), row: byX.get(key) }));
  const many = pairs.length > 60;
  return {
    name: question.series ? line.name : column.label,
    type: kind,
    data: pairs,
    yAxisIndex: !sideways && question.right.includes(line.column) ? 1 : 0,
    stack: question.stack && kind !== "scatter" ? "all" : undefined,
    itemStyle: { color: look.colours[meaning] },
    lineStyle: { width: 2, type: !question.series && DASHED.has(question.colours[line.name]) ? "dashed" : "solid" },
    areaStyle: question.display === "area" ? { opacity: 0.5 } : undefined,
    showSymbol: !many,
    symbolSize: 5,
    sampling: kind === "line" ? "lttb" : undefined,
    barMaxWidth: 34,
    connectNulls: false,
    cursor: "default",
    tooltip: { valueFormatter: (v) => shown(Array.isArray(v) ? v[1] : v, totals ? { format: "percent", decimals: 1 } : column) },
  };
}

function goal(question, sideways, look) {
  const line = sideways ? { xAxis: question.goal.value } : { yAxis: question.goal.value };
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: look.ink, type: "dotted", width: 2 },
    label: { formatter: question.goal.label, position: "insideEndTop", color: look.ink },
    data: [line],
  };
}

function gauge(question, answer, look) {
  const column = question.columns[question.value];
  const value = answer.rows[0]?.[answer.columns.indexOf(question.value)];
  const from = question.segments[0].from;
  const to = question.segments.at(-1).to;
  const part = question.segments.find((s) => value <= s.to) ?? question.segments.at(-1);
  return {
    animation: false,
    textStyle: { fontFamily: look.font },
    series: [{
      type: "gauge", min: from, max: to, startAngle: 200, endAngle: -20, radius: "112%", center: ["50%", "70%"],
      axisLine: { lineStyle: { width: 16, color: question.segments.map((s) => [(s.to - from) / (to - from), look.colours[s.colour]]) } },
      pointer: { width: 5, length: "62%", itemStyle: { color: look.ink } },
      anchor: { show: true, size: 9, itemStyle: { color: look.ink } },
      axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: false },
      detail: { formatter: (v) => shown(v, column) + (part.label ? `\n${part.label}` : ""), fontSize: 19, lineHeight: 22, color: look.ink, offsetCenter: [0, "24%"] },
      data: [{ value }],
    }],
  };
}
