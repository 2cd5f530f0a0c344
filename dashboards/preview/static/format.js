// Values as people read them. A column says how: format, unit, decimals.

const numbers = new Map();

function number(value, decimals, style, isTrimmed) {
  const key = `${style}${decimals}${isTrimmed}`;
  if (!numbers.has(key)) {
    const least = isTrimmed ? 0 : decimals;
    numbers.set(key, new Intl.NumberFormat("en-GB", { style, minimumFractionDigits: least, maximumFractionDigits: decimals }));
  }
  return numbers.get(key).format(value);
}

export function moment(text, withTime) {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return String(text);
  const day = `${at.getUTCFullYear()}-${String(at.getUTCMonth() + 1).padStart(2, "0")}-${String(at.getUTCDate()).padStart(2, "0")}`;
  return withTime ? `${day} ${String(at.getUTCHours()).padStart(2, "0")}:${String(at.getUTCMinutes()).padStart(2, "0")}` : day;
}

function duration(seconds) {
  const s = Math.abs(seconds);
  if (s < 120) return `${Math.round(seconds)} s`;
  if (s < 7200) return `${Math.round(seconds / 60)} min`;
  if (s < 172800) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86400).toFixed(1)} d`;
}

export function shown(value, column) {
  if (value === null || value === undefined) return "–";
  switch (column?.format) {
    case "number": return number(value, column.decimals, "decimal", column.isTrimmed) + (column.unit ? ` ${column.unit}` : "");
    case "percent": return number(value, column.decimals, "percent", column.isTrimmed);
    case "duration": return duration(value);
    case "date": return moment(value, false);
    case "datetime": return moment(value, true);
    default: return String(value);
  }
}

export const isNumeric = (column) => ["number", "percent", "duration"].includes(column?.format);
