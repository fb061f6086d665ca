/**
 * CSV as spreadsheets write it, read and written by papaparse: ',' ';' or tab between cells, quotes around a cell that needs
 * them ("" within), lines end with LF, CRLF or CR, a byte order mark in front. Reading never throws. The library takes a text
 * in one go and as it comes, so it is handed pieces, and what it makes of each is measured. Line ends within a cell become
 * LF. Writing defuses cells that a spreadsheet would run as a formula.
 */
import Papa from 'papaparse';
import { type Told, tell } from '../model/said.ts';

const MAX_CELLS_PER_ROW = 256;
/** A device's own script may be among them. */
const MAX_CELL_CHARS = 64 * 1024;
const MAX_ROW_CHARS = 256 * 1024;
/** Small, as the library's time grows with the square of it where quotes are misplaced. */
const PIECE_CHARS = 16 * 1024;
const MAX_BLANKS = 1024;
/** Of a spreadsheet. Empty lines without quotes do not count. */
const MAX_ROWS = 1_048_576;

export interface CsvRow {
  /** Line on which the row begins, from 1. */
  readonly line: number;
  /** None if there is a problem, or where a row is still under way. */
  readonly cells: readonly string[];
  /** How far the file is read, in characters. */
  readonly end: number;
  /** Why reading stops here, before the end. */
  readonly problem?: Told;
}

/**
 * Row by row, empty ones left out; one without cells behind each piece, so that a caller can pause in any file. The separator
 * is the one that the line with an EUI's name has most of, or else the first.
 */
export function* readCsv(source: string): Generator<CsvRow, void> {
  const start = source.startsWith('\ufeff') ? 1 : 0;
  const delimiter = csvSeparator(source);
  let rest = '';
  let line = 1;
  let rows = 0;
  for (let at = start; at < source.length; ) {
    const end = endOfPiece(source, at);
    const text = rest + source.slice(at, end).replace(/\r\n?/g, '\n');
    at = end;
    let from = 0;
    for (const row of parseRows(text, delimiter)) {
      const isWhole = at === source.length || text[row.end - 1] === '\n';
      const problem = problemOf(row, line, at === source.length);
      if (problem !== undefined) return yield { line, cells: [], end: source.length, problem };
      if (!isWhole || row.isUnclosed) break;
      if (row.cells.length > 0 && ++rows > MAX_ROWS) {
        return yield {
          line,
          cells: [],
          end: source.length,
          problem: tell('import.csvRows', { limit: MAX_ROWS }),
        };
      }
      if (row.cells.some((cell) => cell.trim() !== '')) yield { line, cells: row.cells, end: at };
      line += countLines(text, from, row.end);
      from = row.end;
    }
    rest = text.slice(from);
    yield { line, cells: [], end: at };
  }
}

/** ',' ';' or a tab. */
export function csvSeparator(source: string): string {
  const text = source.slice(source.startsWith('\ufeff') ? 1 : 0).slice(0, 4096);
  const lines = text.split(/[\r\n]+/);
  const heading = lines.find((line) => /eui/i.test(line)) ?? lines[0] ?? '';
  const count = (separator: string): number => heading.split(separator).length;
  return [';', '\t'].reduce((best, separator) => (count(separator) > count(best) ? separator : best), ',');
}

/** Not within blanks, which may stand between a quote and the separator, nor between CR and LF. */
function endOfPiece(source: string, at: number): number {
  let end = Math.min(source.length, at + PIECE_CHARS);
  const last = Math.min(source.length, end + MAX_BLANKS);
  while (end < last && /[^\S\r\n]/.test(source.charAt(end - 1))) end++;
  return source[end - 1] === '\r' && source[end] === '\n' ? end + 1 : end;
}

interface Row {
  /** None: empty lines. */
  readonly cells: readonly string[];
  /** Where it begins and what is behind it, in the text of the piece. */
  readonly start: number;
  readonly end: number;
  readonly isUnclosed: boolean;
  readonly isMisquoted: boolean;
}

/**
 * Lines without a quote are split here, and those with nothing in them passed over: a spreadsheet may leave a million of
 * them. From the first quote on the library reads what is left of the piece.
 */
function* parseRows(text: string, delimiter: string): Generator<Row> {
  const emptyLines = new RegExp(`[\\s${delimiter}]*\\n`, 'y');
  const quote = text.indexOf('"');
  const quoted = quote < 0 ? text.length : text.lastIndexOf('\n', quote) + 1;
  for (let start = 0; start < quoted; ) {
    emptyLines.lastIndex = start;
    if (emptyLines.test(text)) {
      const end = Math.min(emptyLines.lastIndex, quoted);
      yield { cells: [], start, end, isUnclosed: false, isMisquoted: false };
      start = end;
      continue;
    }
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    const cells = text.slice(start, newline < 0 ? end : newline).split(delimiter, MAX_CELLS_PER_ROW + 1);
    yield { cells, start, end, isUnclosed: false, isMisquoted: false };
    start = end;
  }
  if (quoted < text.length) yield* parseQuoted(text, quoted, delimiter);
}

function parseQuoted(text: string, start: number, delimiter: string): Row[] {
  const rows: Row[] = [];
  Papa.parse<string[]>(text.slice(start), {
    delimiter,
    newline: '\n',
    // Fast is to split the text at once, whatever comes of it.
    fastMode: false,
    step({ data: cells, errors, meta }) {
      const has = (code: string): boolean => errors.some((error) => error.code === code);
      rows.push({
        cells,
        start: rows.at(-1)?.end ?? start,
        end: start + meta.cursor,
        isUnclosed: has('MissingQuotes'),
        isMisquoted: has('InvalidQuotes'),
      });
    },
  });
  return rows;
}

/** What is wrong with a row of so many characters, also with one that goes on behind its piece. */
function problemOf(row: Row, line: number, isEnd: boolean): Told | undefined {
  const at = { line: String(line) };
  if (row.isMisquoted) return tell('import.csvQuote', at);
  if (row.cells.some((cell) => cell.length > MAX_CELL_CHARS))
    return tell('import.csvCell', { ...at, limit: MAX_CELL_CHARS });
  if (row.cells.length > MAX_CELLS_PER_ROW)
    return tell('import.csvCells', { ...at, limit: MAX_CELLS_PER_ROW });
  if (row.end - row.start > MAX_ROW_CHARS) return tell('import.csvLine', { ...at, limit: MAX_ROW_CHARS });
  return isEnd && row.isUnclosed ? tell('import.csvOpen', at) : undefined;
}

function countLines(text: string, from: number, end: number): number {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Comma, CRLF, quotes where needed (RFC 4180). */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  // A leading apostrophe is what spreadsheets themselves use to say that a cell is text. The library's own pattern passes a
  // formula of several lines.
  return `${Papa.unparse(
    rows.map((cells) => [...cells]),
    { escapeFormulae: /^[=+@\t\r-]/ },
  )}\r\n`;
}
