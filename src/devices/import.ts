/**
 * Devices out of a file: CSV or JSON, in our own form, ChirpStack's or The Things Stack's. A device that cannot be read
 * is a problem with its line, and the others are read all the same. Never throws.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MAX_AREA, MAX_NOTES } from '../model/device.ts';
import type { ColumnMapping, FoundColumns } from '../model/onboarding.ts';
import { type Told, tell, tellAll } from '../model/said.ts';
import { cut, manyLines, oneLine, wellFormed } from '../model/text.ts';
import { readCarried, readNonces } from './carried.ts';
import {
  type ColumnName,
  type Columns,
  importColumn,
  isKnownName,
  isMissed,
  knowsColumn,
  meaningOf,
  pick,
  readMacVersion,
  readRegion,
} from './columns.ts';
import { csvSeparator, readCsv } from './csv.ts';
import {
  type EntryProblem,
  type OnboardingEntry,
  readHex,
  type SessionEntry,
  spoiledBySheet,
} from './entry.ts';
import { type JsonMembers, readJsonDevices } from './json-stream.ts';

export const MAX_FILE_CHARS = 8 * 1024 * 1024;
export const MAX_DEVICES = 10_000;
/** What is read before others have their turn: a few milliseconds of work. */
const PIECE_CHARS = 16 * 1024;
const PIECE_PARTS = 100;
const MAX_PROBLEMS = 100;
const MAX_TEXT_CHARS = 200;
/** That can be told what they mean. */
const MAX_HEADINGS = 64;
/** Rows above the headings. */
const MAX_TITLES = 5;
const MAX_COUNTER = 0xffff_ffff;
/** How a workbook (.xlsx, .ods, .numbers: all are archives; .xls) and a PDF begin, whatever was made of their bytes. */
const NO_TEXT = ['PK\u0003\u0004', '\u00d0\u00cf\u0011\u00e0', '%PDF-'];
/** What people write where a column does not concern a device. */
const NO_VALUE = /^(?:n\/?a|none|null|nil|[-\u2013\u2014]+)$/i;

export interface Imported {
  readonly entries: readonly OnboardingEntry[];
  /** At most 100, then one that counts the rest; in the order of the file. */
  readonly problems: readonly EntryProblem[];
  readonly columns?: FoundColumns;
}

/** Reads a whole file, in pieces, between which others have their turn. Problems never repeat a key. */
export async function importDevices(text: string, mapping: ColumnMapping = {}): Promise<Imported> {
  if (text.length > MAX_FILE_CHARS) {
    return {
      entries: [],
      problems: [problemAt(1, tell('import.large', { limit: MAX_FILE_CHARS / 1024 / 1024 }))],
    };
  }
  const read = createCollector();
  if (NO_TEXT.some((start) => text.startsWith(start))) {
    read.problem(1, tell('import.noText'));
    return read.result();
  }
  const isJson = /^\ufeff?\s*[[{]/.test(text);
  const columns = await (isJson
    ? importJson(text, read, mapping)
    : importCsv(wellFormed(text), read, mapping));
  return { ...read.result(), ...(columns ? { columns } : {}) };
}

/** Passes on what comes, and lets others have their turn after so many characters or parts. */
async function* inPieces<T extends { readonly end: number }>(parts: Iterable<T>): AsyncGenerator<T> {
  let pieceStart = 0;
  let count = 0;
  for (const part of parts) {
    yield part;
    if (++count < PIECE_PARTS && part.end - pieceStart < PIECE_CHARS) continue;
    await nextTurn();
    pieceStart = part.end;
    count = 0;
  }
}

async function importCsv(
  text: string,
  read: Collector,
  mapping: ColumnMapping,
): Promise<FoundColumns | undefined> {
  let names: readonly string[] | undefined;
  let columns: FoundColumns | undefined;
  const separator = csvSeparator(text);
  let devices = 0;
  let titles = 0;
  for await (const { line, cells, problem } of inPieces(readCsv(text))) {
    if (problem !== undefined) read.problem(line, problem);
    else if (cells.length === 0) continue;
    else if (!names) {
      const found = cells.map((cell) => meaningOf(cell.trim(), mapping));
      const isHeading = knowsColumn('devEui', found);
      // Where no line is known to be one, the first with several cells may be told to be.
      if (isHeading || (!columns && cells.length > 1)) columns = columnsOf(line, separator, cells, found);
      // A title, or a word to the spreadsheet about separators, may stand above.
      if (!isHeading) {
        if (++titles > MAX_TITLES) break;
        continue;
      }
      names = found;
      for (const unknown of cells
        .filter((cell, i) => !Object.hasOwn(mapping, cell.trim()) && isMissed(found[i] ?? ''))
        .slice(0, MAX_TITLES)) {
        const hint = /eui/i.test(unknown) ? [tell('import.callJoinEui')] : [];
        read.problem(line, tellAll([tell('import.column', { column: quotable(unknown) }), ...hint]));
      }
    } else if (++devices > MAX_DEVICES) {
      read.problem(line, tell('import.devices', { limit: MAX_DEVICES }));
      return columns;
    } else if (cells.length > names.length && cells.slice(names.length).some((cell) => cell.trim() !== '')) {
      read.problem(line, tell('import.cells', { cells: cells.length, headings: names.length }));
    } else read.device(line, toColumns(names, cells));
  }
  if (!names && read.isEmpty()) read.problem(1, tell('import.noHeading'));
  return columns;
}

function columnsOf(
  line: number,
  separator: string,
  headings: readonly string[],
  names: readonly string[],
): FoundColumns {
  return {
    line,
    separator,
    headings: headings.slice(0, MAX_HEADINGS).map((heading, i) => {
      const column = importColumn(names[i] ?? '');
      return { heading: cut(heading.trim(), MAX_TEXT_CHARS), ...(column ? { column } : {}) };
    }),
  };
}

function toColumns(names: readonly string[], cells: readonly string[]): Columns {
  const columns = new Map<string, string>();
  for (const [i, name] of names.entries()) {
    if (isKnownName(name)) columns.set(name, plainCell(cells[i] ?? ''));
  }
  return columns;
}

/** Without the apostrophe that keeps a spreadsheet from running the cell, or the formula that keeps zeros in front. */
function plainCell(cell: string): string {
  if (NO_VALUE.test(cell.trim())) return '';
  const [, quoted] = /^="([^"]*)"$/.exec(cell.trim()) ?? [];
  return quoted ?? (/^'[=+@\t\r-]/.test(cell) ? cell.slice(1) : cell);
}

async function importJson(text: string, read: Collector, mapping: ColumnMapping): Promise<FoundColumns> {
  const told = new Map(Object.keys(mapping).map((path) => [path, meaningOf(path, mapping)]));
  const members: JsonMembers = { meaning: (path) => told.get(path) ?? path, seen: new Set() };
  for await (const { number, columns, problem } of inPieces(readJsonDevices(text, MAX_DEVICES, members))) {
    if (columns) read.device(number, columns);
    else read.problem(number, problem ?? tell('import.plain'));
  }
  const paths = [...members.seen];
  return columnsOf(0, '', paths, paths.map(members.meaning));
}

interface Collector {
  device(line: number, columns: Columns): void;
  problem(line: number, problem: Told): void;
  isEmpty(): boolean;
  result(): Imported;
}

/** Gathers entries and problems, and sees to it that a DevEUI comes once. */
function createCollector(): Collector {
  const entries = new Map<string, OnboardingEntry>();
  const problems: EntryProblem[] = [];
  const problem = (line: number, told: Told): void => {
    problems.push(problemAt(line, told));
  };
  return {
    problem,
    isEmpty: () => entries.size + problems.length === 0,
    device(line, columns) {
      const read = readEntry(columns);
      if ('said' in read) problem(line, read);
      else if (entries.has(read.devEui)) problem(line, tell('import.twice', { devEui: read.devEui }));
      else entries.set(read.devEui, read);
    },
    result() {
      const inOrder = problems.toSorted((a, b) => a.line - b.line);
      const shown = inOrder.slice(0, MAX_PROBLEMS);
      const next = inOrder[MAX_PROBLEMS];
      const count = inOrder.length - MAX_PROBLEMS;
      if (next) shown.push(problemAt(next.line, tell('import.more', { count })));
      return { entries: [...entries.values()], problems: shown };
    },
  };
}

function problemAt(line: number, { detail, said }: Told): EntryProblem {
  return { line, problem: detail, said };
}

/** Of a file, to stand between quotes: without line ends and the like. */
function quotable(text: string): string {
  return JSON.stringify(cut(text, 40)).slice(1, -1);
}

/** That a text is no such hex digits, and why that may be. */
function notHex(told: Told, text: string | undefined, digits: number): Told {
  return tellAll([told, ...spoiledBySheet(text, digits)]);
}

/** The device of these columns, or what is wrong with it. */
function readEntry(columns: Columns): OnboardingEntry | Told {
  const devText = pick(columns, 'devEui');
  const devEui = readHex(devText, 16);
  if (!devEui) return devText ? notHex(tell('import.devEui'), devText, 16) : tell('import.noDevEui');
  const wrong = (told: Told): Told => tellAll([tell('import.of', { devEui }), told]);
  const joinText = pick(columns, 'joinEui');
  const joinEui = readHex(joinText, 16);
  if (joinText && !joinEui) return wrong(notHex(tell('import.joinEui'), joinText, 16));
  const appKey = readRootKey(columns);
  if (typeof appKey === 'object') return wrong(appKey);
  const session = readSession(columns);
  if (session && 'said' in session) return wrong(session);
  const kind = readKind(columns);
  if ('said' in kind) return wrong(kind);
  const carried = readCarried(columns);
  if ('said' in carried) return wrong(carried);
  const nonces = readNonces(columns);
  return {
    devEui,
    ...(joinEui ? { joinEui } : {}),
    name: textOf(columns, 'name') ?? devEui,
    ...optional('description', notesOf(columns)),
    ...optional('area', textOf(columns, 'area', MAX_AREA)),
    ...optional('profile', textOf(columns, 'profile')),
    ...optional('codec', textOf(columns, 'codec')),
    ...optional('serialNumber', textOf(columns, 'serialNumber')),
    ...kind,
    ...optional('appKey', appKey),
    ...optional('session', session),
    ...(Object.keys(carried).length > 0 ? { carried } : {}),
    ...(nonces && 'count' in nonces ? { usedNonces: nonces.count } : {}),
    missing: appKey || session ? 'nothing' : 'key',
  };
}

function optional<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}

/** One line of text, without control characters. */
function textOf(columns: Columns, name: ColumnName, most = MAX_TEXT_CHARS): string | undefined {
  const text = oneLine(pick(columns, name) ?? '');
  return text ? cut(text, most) : undefined;
}

function notesOf(columns: Columns): string | undefined {
  const text = manyLines(pick(columns, 'description') ?? '');
  return text ? cut(text, MAX_NOTES) : undefined;
}

type Kind = Pick<OnboardingEntry, 'region' | 'macVersion' | 'deviceClass' | 'allowCounterReset'>;

function readKind(columns: Columns): Kind | Told {
  const regionText = pick(columns, 'region');
  const region = regionText === undefined ? undefined : readRegion(regionText);
  if (regionText !== undefined && !region) return tell('import.region', { region: quotable(regionText) });
  const versionText = pick(columns, 'macVersion');
  const macVersion = versionText === undefined ? undefined : readMacVersion(versionText);
  if (versionText !== undefined && !macVersion) {
    const unknown = tell('import.version', { version: quotable(versionText) });
    return /1[._]1/.test(versionText) ? tellAll([unknown, tell('import.fallsBack')]) : unknown;
  }
  const classText = pick(columns, 'deviceClass')
    ?.toUpperCase()
    .replace(/^CLASS[ _]?/, '');
  if (classText !== undefined && classText !== 'A' && classText !== 'C') return tell('import.class');
  const always = pick(columns, 'supportsClassC')?.toLowerCase() === 'true';
  const deviceClass: Kind['deviceClass'] = classText ?? (always ? 'C' : undefined);
  return {
    ...optional('region', region),
    ...optional('macVersion', macVersion),
    ...optional('deviceClass', deviceClass),
    ...(startsAgain(columns) ? { allowCounterReset: true } : {}),
  };
}

/** Whether its counter may: because it is said so, or because 16 bits of it are all the device has. */
function startsAgain(columns: Columns): boolean {
  const is = (name: ColumnName, value: string) => pick(columns, name)?.toLowerCase() === value;
  return is('resetsFCnt', 'true') || is('counters32Bit', 'false');
}

/**
 * The AppKey of LoRaWAN 1.0.x. ChirpStack keeps it as `nwkKey`, since 1.1 has two root keys, and its `appKey` is then zero
 * or another key; The Things Stack keeps it as `app_key`.
 */
function readRootKey(columns: Columns): string | undefined | Told {
  const texts = { app: pick(columns, 'appKey'), nwk: pick(columns, 'nwkKey') };
  const app = readHex(texts.app, 32);
  const nwk = readHex(texts.nwk, 32);
  if (texts.app && !app) return notHex(tell('import.key', { key: 'AppKey' }), texts.app, 32);
  if (texts.nwk && !nwk) return notHex(tell('import.key', { key: 'NwkKey' }), texts.nwk, 32);
  const [appKey, nwkKey] = [app, nwk].map((key) => (key && /[^0]/.test(key) ? key : undefined));
  const ofThings =
    columns.has('ids.deveui') || columns.has('frequencyplanid') || columns.has('lorawanversion');
  return ofThings ? (appKey ?? nwkKey) : (nwkKey ?? appKey);
}

function readSession(columns: Columns): SessionEntry | undefined | Told {
  const texts = (['devAddr', 'nwkSKey', 'appSKey'] as const).map((name) => pick(columns, name));
  if (texts.every((text) => text === undefined)) return undefined;
  const devAddr = readHex(texts[0], 8);
  const nwkSKey = readHex(texts[1], 32);
  const appSKey = readHex(texts[2], 32);
  if (!devAddr) return notHex(tell('import.devAddr'), texts[0], 8);
  if (!nwkSKey || !appSKey) return notHex(tell('import.sessionKeys'), nwkSKey ? texts[2] : texts[1], 32);
  const second = readHex(pick(columns, 'sNwkSIntKey'), 32);
  if (second && second !== nwkSKey) return tell('import.session11');
  const up = readCounter(columns, 'fCntUp', 'lastFCntUp');
  const down = readCounter(columns, 'fCntDown', 'lastFCntDown');
  if (up === 'wrong' || down === 'wrong') return tell('import.counter', { limit: MAX_COUNTER });
  // The Things Stack leaves out a last counter of 0: it may have been used, and 1 is above it in any case.
  const next = down ?? (columns.has('session.keys.appskey.key') ? 1 : undefined);
  return { devAddr, nwkSKey, appSKey, ...optional('fCntUp', up), ...optional('fCntDown', next) };
}

function readCounter(columns: Columns, next: ColumnName, last: ColumnName): number | undefined | 'wrong' {
  const text = pick(columns, next);
  const used = pick(columns, last);
  if (text === undefined && used === undefined) return undefined;
  const value = text === undefined ? Number(used) + 1 : Number(text);
  return Number.isInteger(value) && value >= 0 && value <= MAX_COUNTER ? value : 'wrong';
}
