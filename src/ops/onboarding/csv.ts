/**
 * CSV as spreadsheets write it: ',' ';' or tab between cells, quotes around a cell that needs them ("" within), lines end
 * with LF, CRLF or CR, a byte order mark in front. Reading never throws; writing defuses cells that a spreadsheet would
 * run as a formula.
 */

const MAX_CELLS_PER_ROW = 256;

export interface CsvRow {
  /** Line on which the row begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvTable {
  /** Empty rows are left out; the first is the heading. */
  readonly rows: readonly CsvRow[];
  /** Why reading stopped before the end. */
  readonly problem?: string;
}

/** Reads at most `maxRows` rows. The separator is the one that the first line has most of. */
export function readCsv(source: string, maxRows: number): CsvTable {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const separator = guessSeparator(text);
  const rows: CsvRow[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const row = readRow(text, at, separator);
    if (row.cells.length > MAX_CELLS_PER_ROW) {
      return { rows, problem: `line ${line} has more than ${MAX_CELLS_PER_ROW} cells` };
    }
    if (row.open) return { rows, problem: `the quote opened on line ${line} is never closed` };
    if (row.cells.some((cell) => cell.trim() !== '')) {
      if (rows.length >= maxRows) return { rows, problem: `only the first ${maxRows} rows are read` };
      rows.push({ line, cells: row.cells });
    }
    line += row.lines;
    at = row.end;
  }
  return { rows };
}

function guessSeparator(text: string): string {
  const heading = text.slice(0, 4096).split(/[\r\n]/, 1)[0] ?? '';
  const count = (separator: string): number => heading.split(separator).length;
  return [';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best), ',');
}

interface Row {
  readonly cells: string[];
  /** Where the next row begins. */
  readonly end: number;
  /** Line ends within, the closing one included. */
  readonly lines: number;
  /** A quote was never closed. */
  readonly open: boolean;
}

function readRow(text: string, start: number, separator: string): Row {
  const cells: string[] = [];
  let at = start;
  let lines = 0;
  for (;;) {
    let cell = '';
    if (text[at] === '"') {
      const quoted = readQuoted(text, at);
      if (!quoted) return { cells, end: text.length, lines, open: true };
      cell = quoted.cell;
      lines += cell.split(/\r\n|\r|\n/).length - 1;
      at = quoted.end;
    }
    const from = at;
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at++;
    cells.push(cell + text.slice(from, at));
    // Only as many are kept as show that there are too many.
    if (text[at] !== separator || cells.length > MAX_CELLS_PER_ROW) break;
    at++;
  }
  if (text[at] === '\r' && text[at + 1] === '\n') at++;
  return { cells, end: at + 1, lines: lines + 1, open: false };
}

/** The cell whose opening quote is at `start`; undefined if the quote is never closed. */
function readQuoted(text: string, start: number): { cell: string; end: number } | undefined {
  let from = start + 1;
  let cell = '';
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    cell += text.slice(from, quote);
    if (text[quote + 1] !== '"') return { cell, end: quote + 1 };
    cell += '"';
    from = quote + 2;
  }
}

/** Comma, CRLF, quotes where needed (RFC 4180). */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(writeCell).join(',')}\r\n`).join('');
}

function writeCell(cell: string): string {
  // A leading apostrophe is what spreadsheets themselves use to say that a cell is text.
  const safe = /^[=+@\t\r-]/.test(cell) ? `'${cell}` : cell;
  return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
