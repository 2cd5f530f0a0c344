// Where we are: dashboard, page and filters stand in the address, so that it can be sent, bookmarked and gone back from.

export function read() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [board = "", tab = ""] = path.split("/").map(decodeURIComponent);
  const filters = {};
  for (const [name, value] of new URLSearchParams(query)) (filters[name] ??= []).push(value);
  return { board, tab, filters };
}

export function address({ board, tab, filters }) {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(filters)) for (const value of values) query.append(name, value);
  const text = query.toString();
  return `#/${encodeURIComponent(board)}/${encodeURIComponent(tab ?? "")}${text ? `?${text}` : ""}`;
}

// Where a click on a row leads, with what the row has of the values that it passes on; null without the first of them.
export function target(click, here, row) {
  const filters = { ...here.filters };
  for (const [i, [name, column]] of Object.entries(click.pass).entries()) {
    const value = row[column];
    if (value !== null && value !== undefined) filters[name] = [String(value)];
    else if (i === 0) return null;
    else delete filters[name];
  }
  return address({ board: click.board ?? here.board, tab: click.tab ?? "", filters });
}
