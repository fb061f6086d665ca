/** What people told of the columns of a file, remembered in this browser for files with the same headings; rows to look at. */
import type { DeviceImportView } from '../../shapes/devices.ts';

export type Found = NonNullable<DeviceImportView['columns']>;
export type Column = NonNullable<Found['headings'][number]['column']>;
/** By heading; '' leaves the column out. */
export type Mapping = Readonly<Record<string, Column | ''>>;

const PREFIX = 'wse-columns:';
const MAX_REMEMBERED_CHARS = 4_000;
const LOOKED_AT_CHARS = 64 * 1024;

function placeOf({ headings }: Found): string {
  return PREFIX + headings.map(({ heading }) => heading).join('\u001f');
}

export function remembered(found: Found | undefined): Mapping | undefined {
  if (!found) return undefined;
  try {
    const text = localStorage.getItem(placeOf(found));
    return text === null ? undefined : (JSON.parse(text) as Mapping);
  } catch {
    return undefined;
  }
}

export function remember(found: Found | undefined, mapping: Mapping): void {
  if (!found || placeOf(found).length > MAX_REMEMBERED_CHARS) return;
  try {
    localStorage.setItem(placeOf(found), JSON.stringify(mapping));
  } catch {
    // A browser that keeps nothing forgets this too.
  }
}

/** With `heading` as `column`; no other heading has the same meaning then. */
export function chosen({ headings }: Found, mapping: Mapping, heading: string, column: Column | ''): Mapping {
  const others = headings.filter((one) => one.heading !== heading && column !== '' && one.column === column);
  return { ...mapping, ...Object.fromEntries(others.map((one) => [one.heading, ''])), [heading]: column };
}

/** The first cells below a heading of a CSV file; none of JSON. */
export function samplesOf({ line, separator }: Found, text: string, rows: number): string[][] {
  if (line === 0) return [];
  const lines = text.slice(0, LOOKED_AT_CHARS).split(/\r\n?|\n/);
  return lines
    .slice(line)
    .filter((one) => one.trim() !== '')
    .slice(0, rows)
    .map((one) => cellsOf(one, separator));
}

function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      cells.push(cell);
      cell = '';
    } else cell += character;
  }
  return [...cells, cell].map((one) => one.trim());
}

/** What is never shown, not even to who brought it: somebody may look over a shoulder. */
export function isSecret(column: Column | undefined, cell: string): boolean {
  return (
    column === 'appKey' ||
    column === 'nwkSKey' ||
    column === 'appSKey' ||
    /^[\s"']*(?:[0-9a-f][\s:-]?){32}[\s"']*$/i.test(cell)
  );
}
