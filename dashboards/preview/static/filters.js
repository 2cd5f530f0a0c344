// The filters above the cards: choices with a search, and a period of days.

import { element } from "/static/card.js";

const PERIODS = [["", "As each card says"], ["past7days", "Last 7 days"], ["past30days", "Last 30 days"], ["past90days", "Last 90 days"]];
const SEARCHED_FROM = 9;

// Offered is what some card of this page follows, and what is chosen, so that it can be taken back.
export function draw(root, key, board, tab, chosen, change) {
  const open = root.querySelector("details[open]")?.dataset.name;
  const followed = new Set(tab.cards.flatMap((card) => board.questions[card.question]?.filters ?? []));
  const offered = Object.entries(board.filters).filter(([name]) => followed.has(name) || chosen[name]?.length);
  root.replaceChildren(...offered.map(([name, filter]) => one(key, name, filter, chosen[name] ?? [], change, name === open)));
  if (Object.values(chosen).some((values) => values.length)) {
    root.append(element("button", { type: "button", onclick: () => change(null, []) }, "Clear all"));
  }
}

function one(key, name, filter, values, change, isOpen) {
  const said = values.length ? (values.length > 2 ? `${values.length} chosen` : values.join(", ")) : "all";
  const inside = element("div", {});
  const made = element("details", { class: values.length ? "filter on" : "filter", open: isOpen }, element("summary", {}, `${filter.label}: ${said.replace("~", " to ")}`), inside);
  made.dataset.name = name;
  const fill = () => (filter.kind === "period" ? period(inside, name, values, change) : choice(inside, key, name, values, change));
  made.addEventListener("toggle", () => made.open && !inside.childElementCount && fill());
  made.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      made.open = false;
      made.querySelector("summary").focus();
    }
  });
  if (isOpen) fill();
  return made;
}

async function choice(inside, key, name, values, change) {
  const response = await fetch(`/api/boards/${key}/values/${name}`);
  const offered = response.ok ? await response.json() : [];
  const all = [...new Set([...values, ...offered])];
  const labels = all.map((value) => {
    const box = element("input", { type: "checkbox", value, checked: values.includes(value), onchange: () => change(name, boxes().filter((b) => b.checked).map((b) => b.value)) });
    return element("label", {}, box, value);
  });
  const boxes = () => labels.map((label) => label.firstChild);
  const search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search", oninput: (e) => labels.forEach((label, i) => (label.hidden = !all[i].toLowerCase().includes(e.target.value.toLowerCase()))) });
  inside.replaceChildren(...(all.length >= SEARCHED_FROM ? [search] : []), ...(labels.length ? labels : [element("p", {}, "Nothing to choose from.")]));
}

function period(inside, name, values, change) {
  const now = values[0] ?? "";
  const radios = PERIODS.map(([value, label]) => element("label", {}, element("input", { type: "radio", name, value, checked: value === now, onchange: () => change(name, value ? [value] : []) }), label));
  const [first = "", last = ""] = now.includes("~") ? now.split("~") : [];
  const from = element("input", { type: "date", value: first, "aria-label": "From" });
  const to = element("input", { type: "date", value: last, "aria-label": "To" });
  const set = () => from.value && to.value && change(name, [`${from.value}~${to.value}`]);
  from.addEventListener("change", set);
  to.addEventListener("change", set);
  inside.replaceChildren(...radios, element("label", {}, "From", from), element("label", {}, "to", to));
}

document.addEventListener("click", (e) => {
  for (const open of document.querySelectorAll(".filter[open]")) if (!open.contains(e.target)) open.open = false;
});
