// The page: which dashboard, which of its pages, and when its cards are asked again.

import { Card, element } from "/static/card.js";
import * as filters from "/static/filters.js";
import { address, read } from "/static/place.js";

const $ = (id) => document.getElementById(id);
const boards = new Map();
let site = null;
let here = null;
let cards = [];
let timer = 0;
let isAuto = true;

function look() {
  const style = getComputedStyle(document.documentElement);
  const own = (name) => style.getPropertyValue(`--${name}`).trim();
  const theme = document.documentElement.dataset.theme;
  return { ink: own("ink"), soft: own("soft"), line: own("line"), card: own("card"), font: getComputedStyle(document.body).fontFamily, colours: site.colours[theme] };
}

async function fetched(path) {
  const response = await fetch(path);
  const told = await response.json();
  if (!response.ok) throw new Error(told.detail ?? `${told.message} ${told.remedy ?? ""}`);
  return told;
}

async function show() {
  const place = read();
  if (!site.boards.some((b) => b.key === place.board)) {
    return void (location.hash = address({ board: site.boards[0].key, tab: "", filters: {} }));
  }
  if (!boards.has(place.board)) boards.set(place.board, await fetched(`/api/boards/${place.board}`));
  const board = boards.get(place.board);
  const tab = board.tabs.find((t) => t.name === place.tab) ?? board.tabs[0];
  for (const name of Object.keys(place.filters)) if (!(name in board.filters)) delete place.filters[name];
  const isSame = here && here.board === place.board && here.tab === tab.name;
  here = { board: place.board, tab: tab.name, filters: place.filters };
  document.title = `${board.name}: ${tab.name} (preview)`;
  $("title").textContent = board.name;
  $("description").textContent = board.description;
  $("boards").replaceChildren(...site.boards.map((b) => element("a", { href: address({ board: b.key, tab: "", filters: place.filters }), "aria-current": b.key === here.board ? "page" : null, title: b.description }, b.name)));
  $("boards").querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
  tabs(board);
  filters.draw($("filters"), here.board, board, tab, here.filters, change);
  if (!isSame) {
    cards.forEach((card) => card.clear?.());
    cards = tab.cards.map((card) => new Card(card, board.questions[card.question], here, look(), board.filters));
    cards.sort((a, b) => a.card.at[1] - b.card.at[1] || a.card.at[0] - b.card.at[0]);
    $("cards").replaceChildren(...cards.map((card) => card.root));
  } else cards.forEach((card) => (card.here = here));
  await ask();
  schedule(board);
}

function tabs(board) {
  const made = board.tabs.map((tab, i) => {
    const isHere = tab.name === here.tab;
    if (isHere) $("cards").setAttribute("aria-labelledby", `tab-${i}`);
    return element("button", { type: "button", role: "tab", id: `tab-${i}`, "aria-controls": "cards", "aria-selected": String(isHere), tabindex: isHere ? 0 : -1, onclick: () => (location.hash = address({ ...here, tab: tab.name })) }, tab.name);
  });
  $("tabs").replaceChildren(...made);
  $("tabs").onkeydown = (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    const at = made.indexOf(document.activeElement);
    if (!step || at < 0) return;
    const next = (at + step + made.length) % made.length;
    location.hash = address({ ...here, tab: board.tabs[next].name });
    setTimeout(() => $("tabs").children[next]?.focus(), 60);
  };
}

function change(name, values) {
  const chosen = name === null ? {} : { ...here.filters, [name]: values };
  if (name !== null && !values.length) delete chosen[name];
  location.hash = address({ ...here, filters: chosen });
}

async function ask() {
  const asked = here;
  await Promise.all(cards.map((card) => card.ask(asked.filters)));
  $("updated").textContent = `as of ${new Date().toLocaleTimeString("en-GB")}`;
  document.body.dataset.ready = `${asked.board}/${asked.tab}?${new URLSearchParams(Object.entries(asked.filters).flatMap(([n, vs]) => vs.map((v) => [n, v])))}`;
}

function schedule(board) {
  clearInterval(timer);
  timer = setInterval(() => isAuto && !document.hidden && ask(), 1000 * board.refresh_seconds);
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  cards.forEach((card) => {
    card.look = look();
    card.draw?.();
  });
}

$("theme").onclick = () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("theme", next);
  setTheme(next);
};
$("refresh").onclick = () => {
  isAuto = !isAuto;
  $("refresh").setAttribute("aria-pressed", String(isAuto));
};
$("print").onclick = () => print();
let asPrinted = null;
addEventListener("beforeprint", () => {
  asPrinted = document.documentElement.dataset.theme;
  setTheme("light");
  cards.forEach((card) => card.resize?.());
});
addEventListener("afterprint", () => setTheme(asPrinted));
addEventListener("hashchange", () => show().catch(trouble));
addEventListener("resize", () => cards.forEach((card) => card.resize?.()));

function trouble(error) {
  $("trouble").hidden = false;
  $("trouble").textContent = error.message;
}

document.documentElement.dataset.theme = localStorage.getItem("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
fetched("/api/boards").then((told) => {
  site = told;
  return show();
}).catch(trouble);
