/**
 * The program's log, on standard output and nowhere else: one JSON object a line for machines, readable lines for a
 * terminal, priorities for the systemd journal. Written at once, so that the last words before a crash are not lost.
 */
import { fstatSync } from 'node:fs';
import pino from 'pino';
import type { LogLevel } from '../model/log-lines.ts';
import type { LogFields, Logger } from '../model/world.ts';
import { redactFields } from './redact.ts';

/** 'auto': journald under systemd, pretty on a terminal, else JSON. */
export type LogFormat = 'auto' | 'pretty' | 'json' | 'journald';

export interface LoggerOptions {
  /** The least serious level that is written. */
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes the finished text, with its line end, instead of standard output. */
  readonly write?: (text: string) => void;
  /** Hears each line as well, always as one JSON object. */
  readonly keep?: (json: string) => void;
}

/** A line as pino has made it. */
interface Line {
  readonly level: LogLevel;
  readonly time: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Names of the line's own parts, which a field may not take. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'event']);

/** Priorities of syslog, as systemd reads them at the start of a line. */
const PRIORITY: Readonly<Record<LogLevel, number>> = { debug: 7, info: 6, warn: 4, error: 3 };

const COLOUR: Readonly<Record<LogLevel, string>> = { debug: '2', info: '32', warn: '33', error: '31' };

/** A logger writing synchronously to standard output; a closed or full output is ignored, never fatal. */
export function createLogger(options: LoggerOptions): Logger {
  const format = options.format === 'auto' ? detectFormat() : options.format;
  const colours = format === 'pretty' && process.stdout.isTTY === true && !process.env.NO_COLOR;
  const write = options.write ?? standardOutput();
  const { keep } = options;
  const target = {
    write(json: string) {
      write(format === 'json' ? json : render(json, format, colours));
      keep?.(json);
    },
  };
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    target,
  );
  const speak =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (log.isLevelEnabled(level)) log[level](compose(event, fields));
    };
  return { debug: speak('debug'), info: speak('info'), warn: speak('warn'), error: speak('error') };
}

function standardOutput(): (text: string) => void {
  const stream = pino.destination({ fd: 1, sync: true });
  stream.on('error', () => {});
  return (text) => {
    stream.write(text);
  };
}

function compose(event: string, fields: LogFields): Record<string, unknown> {
  const line: Record<string, unknown> = { event };
  for (const [name, value] of Object.entries(redactFields(fields))) {
    line[RESERVED.has(name) ? `${name}_` : name] = value;
  }
  return line;
}

function detectFormat(): Exclude<LogFormat, 'auto'> {
  if (isJournal(process.env.JOURNAL_STREAM)) return 'journald';
  return process.stdout.isTTY ? 'pretty' : 'json';
}

/** Whether standard output is the stream systemd named as "device:inode"; a child's pipe inherits only the name. */
function isJournal(stream: string | undefined): boolean {
  if (!stream) return false;
  try {
    const { dev, ino } = fstatSync(1);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

function render(json: string, format: 'pretty' | 'journald', colours: boolean): string {
  const { level, time, event, ...fields } = JSON.parse(json) as Line;
  const pairs = Object.entries(fields).map(([name, value]) => `${printable(name)}=${printable(value)}`);
  const words = [printable(event), ...pairs];
  if (format === 'journald') return `<${PRIORITY[level]}>${words.join(' ')}\n`;
  const label = level.toUpperCase().padEnd(5);
  const coloured = colours ? `\u001b[${COLOUR[level]}m${label}\u001b[0m` : label;
  return `${localTime(time)} ${coloured} ${words.join(' ')}\n`;
}

function localTime(iso: string): string {
  const time = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** A value in one word; whatever could break the line or the terminal is quoted and escaped. */
function printable(value: unknown): string {
  if (typeof value === 'string' && /^[\p{L}\p{N}_.:/@+*\u2026-]+$/u.test(value)) return value;
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
