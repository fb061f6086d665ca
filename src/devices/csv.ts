/**
 * CSV as spreadsheets write it: ',' ';' or tab between cells, quotes around a cell that needs them ("" within), lines end
 * with LF, CRLF or CR, a byte order mark in front. Reading never throws and holds one row at a time; writing defuses cells
 * that a spreadsheet would run as a formula.
 */

const MAX_CELLS_PER_ROW = 256;
/** A device's own script may be among them. */
const MAX_CELL_CHARS = 64 * 1024;
const MAX_ROW_CHARS = 256 * 1024;

export interface CsvRow {
  /** Line on which the row begins, from 1. */
  readonly line: number;
  /** None if there is a problem. */
  readonly cells: readonly string[];
  /** Where the next row begins, in characters. */
  readonly end: number;
  /** Why reading stops here, before the end. */
  readonly problem?: string;
}

/** Row by row, also the empty ones, so that a caller can pause in any file. The separator is the one that the first line has most of. */
export function* readCsv(source: string): Generator<CsvRow, void> {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const separator = guessSeparator(text);
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const row = readRow(text, at, separator);
    if (typeof row === 'string') {
      yield { line, cells: [], end: text.length, problem: row.replace('{line}', `line ${line}`) };
      return;
    }
    yield { line, cells: row.cells, end: row.end };
    line += row.lines;
    at = row.end;
  }
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
}

/** The row at `start`, or what is wrong with it. */
function readRow(text: string, start: number, separator: string): Row | string {
  const limit = start + MAX_ROW_CHARS;
  const cells: string[] = [];
  let at = start;
  let lines = 0;
  for (;;) {
    let cell = '';
    const cellStart = at;
    if (text[at] === '"') {
      const end = endOfQuoted(text, at);
      if (typeof end === 'string') return end;
      cell = text.slice(at + 1, end - 1).replaceAll('""', '"');
      lines += cell.split(/\r\n|\r|\n/).length - 1;
      at = end;
    }
    const from = at;
    const cellLimit = cellStart + MAX_CELL_CHARS;
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') {
      if (at++ >= cellLimit) return CELL_TOO_LONG;
    }
    cells.push(cell + text.slice(from, at));
    if (at > limit) return `{line} has more than ${MAX_ROW_CHARS} characters`;
    if (cells.length > MAX_CELLS_PER_ROW) return `{line} has more than ${MAX_CELLS_PER_ROW} cells`;
    if (text[at] !== separator) break;
    at++;
  }
  if (text[at] === '\r' && text[at + 1] === '\n') at++;
  return { cells, end: at + 1, lines: lines + 1 };
}

const CELL_TOO_LONG = `{line} has a cell of more than ${MAX_CELL_CHARS} characters; is a quote missing?`;

/** Behind the quote that closes the one at `start`, or what is wrong. */
function endOfQuoted(text: string, start: number): number | string {
  const limit = start + MAX_CELL_CHARS;
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return 'the quote opened on {line} is never closed';
    if (quote > limit) return CELL_TOO_LONG;
    if (text[quote + 1] !== '"') return quote + 1;
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
