/** Readings of a device as lines of a file: CSV with a column for each field, or NDJSON. Pure. */
import { type LogRecord, uplinkBody } from '../../model/record.ts';
import type { Dated } from '../../model/time.ts';
import { iso } from './part-views.ts';

export type TableFormat = 'csv' | 'ndjson';

/** The head of the file; '' where it has none. */
export function tableHead(format: TableFormat, columns: readonly string[]): string {
  return format === 'csv' ? csvLine(['time', 'time_quality', 'f_cnt', ...columns, 'other_fields']) : '';
}

/** One reading. Of CSV, fields without a column of their own are JSON in the last one. */
export function tableLine(
  format: TableFormat,
  columns: readonly string[],
  record: LogRecord,
  { timeMs, quality }: Pick<Dated, 'timeMs' | 'quality'>,
): string {
  const { fields, fCnt } = uplinkBody(record);
  if (format === 'ndjson') {
    const mark = quality === 'measured' ? {} : { timeQuality: quality };
    return `${JSON.stringify({ time: iso(timeMs), ...mark, fCnt, fields })}\n`;
  }
  const others = Object.entries(fields).filter(([name]) => !columns.includes(name));
  return csvLine([
    ...[iso(timeMs), quality, String(fCnt)],
    ...columns.map((name) => (Object.hasOwn(fields, name) ? String(fields[name]) : '')),
    others.length === 0 ? '' : JSON.stringify(Object.fromEntries(others)),
  ]);
}

/** RFC 4180, but for the line end. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

/** What a spreadsheet would take for a formula is text; a negative number is none. */
function csvCell(text: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
