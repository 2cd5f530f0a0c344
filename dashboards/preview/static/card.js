// One card: a heading, what it says about itself, and the answer as a number, a bar, a chart or a table.

import { option } from "/static/chart.js";
import { isNumeric, shown } from "/static/format.js";
import { target } from "/static/place.js";

const CHARTS = new Set(["line", "area", "bar", "row", "combo", "scatter", "gauge"]);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export class Card {
  constructor(card, question, here, look, filters) {
    Object.assign(this, { card, question, here, look, filters, asTable: false, chart: null, answer: null });
    const [column, row] = card.at;
    const [width, height] = card.size;
    this.root = element("article", { class: `card is-${question ? question.display : "text"}` });
    this.root.style.cssText = `grid-column:${column + 1}/span ${width};grid-row:${row + 1}/span ${height};--h:${height}`;
    if (!question) {
      this.root.append(element("p", {}, card.text));
      return;
    }
    const id = `card-${card.question}`;
    this.root.setAttribute("aria-labelledby", id);
    this.root.dataset.question = card.question;
    this.body = element("div", { class: "body" });
    const unit = question.y ? question.columns[question.y[0]].unit : "";
    const name = question.name + (unit ? ` (${unit})` : "");
    const heading = element("h2", {}, element("span", { class: "name", id, title: name }, name));
    if (CHARTS.has(question.display) && question.display !== "gauge") {
      this.toggle = element("button", { class: "small", type: "button", "aria-pressed": "false", style: "text-decoration:none;opacity:1", onclick: () => this.flip() }, "Table");
      this.toggle.setAttribute("aria-label", `Show ${question.name} as a table`);
      heading.append(this.toggle);
    }
    heading.append(element("button", { class: "small", type: "button", "aria-expanded": "false", "aria-label": `What ${question.name} means`, onclick: (e) => this.explain(e.currentTarget) }, "?"));
    this.unfollowed = element("p", { class: "unfollowed", hidden: true });
    this.root.append(heading, this.unfollowed, this.body);
    this.root.addEventListener("keydown", (e) => e.key === "Escape" && this.root.querySelector(".about") && this.explain(heading.lastChild));
  }

  // What is chosen above and means nothing to this card: or its number would be taken for another.
  tellUnfollowed(chosen) {
    const names = Object.keys(chosen).filter((name) => chosen[name].length && !this.question.filters.includes(name));
    this.unfollowed.hidden = names.length === 0;
    this.unfollowed.textContent = `Not by ${names.map((name) => this.filters[name]?.label.toLowerCase() ?? name).join(", ")}`;
  }

  explain(button) {
    const there = this.root.querySelector(".about");
    button.setAttribute("aria-expanded", String(!there));
    if (there) return there.remove();
    return this.root.append(element("p", { class: "about", role: "note" }, this.question.description));
  }

  flip() {
    this.asTable = !this.asTable;
    this.toggle.setAttribute("aria-pressed", String(this.asTable));
    this.toggle.textContent = this.asTable ? "Chart" : "Table";
    this.draw();
  }

  async ask(filters) {
    if (!this.question) return;
    this.tellUnfollowed(filters);
    const query = new URLSearchParams();
    for (const name of this.question.filters) for (const value of filters[name] ?? []) query.append(name, value);
    this.root.classList.add("loading");
    try {
      const response = await fetch(`/api/boards/${this.here.board}/questions/${this.card.question}?${query}`);
      const told = await response.json();
      if (!response.ok) throw new Error(told.detail ?? `${told.message} ${told.remedy ?? ""}`);
      this.answer = told;
      this.root.dataset.rows = told.rows.length;
      this.draw();
    } catch (error) {
      this.clear();
      this.body.replaceChildren(element("p", { class: "none", role: "alert" }, error.message));
    } finally {
      this.root.classList.remove("loading");
    }
  }

  clear() {
    this.chart?.dispose();
    this.chart = null;
  }

  draw() {
    const { question, answer } = this;
    if (!answer) return;
    const first = answer.rows[0]?.[answer.columns.indexOf(question.value)];
    const isEmpty = answer.rows.length === 0 || (question.value && (first === null || first === undefined));
    if (isEmpty) {
      this.clear();
      this.body.replaceChildren(element("p", { class: "none" }, "Nothing to show."));
    } else if (question.display === "scalar") this.body.replaceChildren(this.number(first));
    else if (question.display === "progress") this.body.replaceChildren(...this.progress(first));
    else if (question.display === "table" || this.asTable) {
      this.clear();
      const kept = this.body.querySelector(".scroll")?.scrollTop ?? 0;
      this.body.replaceChildren(this.table());
      this.body.firstChild.scrollTop = kept;
    } else this.plot();
  }

  number(value) {
    const column = this.question.columns[this.question.value];
    const text = shown(value, column);
    const unit = column.unit && text.endsWith(column.unit) ? column.unit : "";
    return element("p", { class: "value", style: "margin:0" }, unit ? text.slice(0, -unit.length) : text, unit ? element("small", {}, unit) : "");
  }

  progress(value) {
    const { question } = this;
    const share = Math.max(0, Math.min(1, value / question.goal.value));
    const bar = element("div", {});
    bar.style.cssText = `width:${100 * share}%;background:${this.look.colours[question.colour]}`;
    const label = `${shown(value, question.columns[question.value])} of ${shown(question.goal.value, question.columns[question.value])}`;
    return [this.number(value), element("div", { class: "track", role: "progressbar", "aria-label": label, "aria-valuenow": Math.round(100 * share), "aria-valuemin": 0, "aria-valuemax": 100 }, bar)];
  }

  table() {
    const { question, answer, card, here } = this;
    const at = Object.fromEntries(answer.columns.map((name, i) => [name, i]));
    const columns = Object.entries(question.columns);
    const head = element("tr", {}, ...columns.map(([, c]) => element("th", { scope: "col", class: isNumeric(c) ? "number" : "" }, c.label)));
    const linked = card.click && Object.values(card.click.pass)[0];
    const rows = answer.rows.map((row) => {
      const named = Object.fromEntries(answer.columns.map((name, i) => [name, row[i]]));
      return element("tr", {}, ...columns.map(([name, c]) => {
        const text = shown(row[at[name]], c);
        const colour = mark(question.highlight, name, row[at[name]]);
        let inside = colour ? element("span", { class: `mark ${colour}` }, text) : text;
        const href = name === linked && target(card.click, here, named);
        if (href) inside = element("a", { href }, inside);
        return element("td", { class: isNumeric(c) ? "number" : text.length > 34 ? "wide" : "" }, inside);
      }));
    });
    return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": question.name }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
  }

  plot() {
    const { question, answer, card, here, look } = this;
    if (!this.chart) {
      const place = element("div", { class: "chart", role: "img" });
      this.body.replaceChildren(place);
      this.chart = echarts.init(place, null, { renderer: "canvas", useUTC: true });
      if (card.click) {
        this.chart.on("click", ({ data }) => {
          const row = data?.row;
          const named = row && Object.fromEntries(this.answer.columns.map((name, i) => [name, row[i]]));
          const href = named && target(card.click, here, named);
          if (href) location.hash = href;
        });
      }
    }
    const said = question.y ? `${answer.rows.length} rows of ${question.y.map((name) => question.columns[name].label).join(", ")}` : shown(answer.rows[0][0], question.columns[question.value]);
    this.chart.getDom().setAttribute("aria-label", `${question.name}: ${said}.${this.toggle ? " The button Table shows them as a table." : ""}`);
    const made = option(question, answer, { ...look, width: this.body.clientWidth });
    if (card.click) for (const line of made.series) line.cursor = "pointer";
    this.chart.setOption(made, true);
  }

  resize() {
    this.chart?.resize();
  }
}

function mark(highlights, column, value) {
  const tests = { "=": (a, b) => a === b, "!=": (a, b) => a !== b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, "<=": (a, b) => a <= b };
  if (value === null || value === undefined) return null;
  return (highlights ?? []).find((h) => h.column === column && tests[h.when](value, h.value))?.colour ?? null;
}
