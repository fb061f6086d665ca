/**
 * Keeps the newest lines of the program's own log in memory, for the pages and for support: so many bytes, the oldest go
 * first. A line is kept as the logger has written it, redacted as it is; the claim code alone, which the log has to say, is not.
 */
import {
  LOG_LEVELS,
  type LogLevel,
  type LogLine,
  type LogLines,
  type LogSelection,
  partOf,
} from '../model/log-lines.ts';

/** Some 2 000 lines. */
const MAX_BYTES = 512 * 1024;
/** What a line takes beside its text. */
const LINE_BYTES = 64;
/** Of a longer one the fields stay out: it would push out all others. */
const MAX_LINE = 16 * 1024;
const CLAIM_CODE = /("claimCode":")[^"]*"/;

export interface LogMemory extends LogLines {
  /** Takes a line as the logger makes it, one JSON object. */
  add(json: string): void;
}

interface Kept {
  readonly id: number;
  readonly json: string;
  readonly bytes: number;
}

export function createLogMemory(maxBytes = MAX_BYTES): LogMemory {
  const lines: Kept[] = [];
  let lastId = 0;
  let held = 0;
  return {
    lastId: () => lastId,
    add(json) {
      lastId += 1;
      const text = (json.length > MAX_LINE ? withoutFields(json) : json.trimEnd()).replace(
        CLAIM_CODE,
        '$1***"',
      );
      const bytes = Buffer.byteLength(text) + LINE_BYTES;
      lines.push({ id: lastId, json: text, bytes });
      for (held += bytes; held > maxBytes; ) held -= lines.shift()?.bytes ?? held;
    },
    newest(selection, limit) {
      const found: LogLine[] = [];
      for (let at = lines.length - 1; at >= 0 && found.length < limit; at -= 1) {
        const kept = lines[at];
        if (!kept || kept.id <= (selection.afterId ?? 0)) break;
        const line = kept.id < (selection.beforeId ?? Number.MAX_SAFE_INTEGER) ? lineOf(kept) : undefined;
        if (line && isWanted(line, selection)) found.push(line);
      }
      return found;
    },
    *texts() {
      for (const { json } of [...lines]) yield `${json}\n`;
    },
  };
}

function withoutFields(json: string): string {
  const { level, time, event } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify({ level, time, event, leftOut: json.length });
}

function lineOf({ id, json }: Kept): LogLine {
  const { level, time, event, ...fields } = JSON.parse(json) as {
    level: LogLevel;
    time: string;
    event: string;
  };
  return { id, level, timeMs: Date.parse(time), event, fields };
}

function isWanted({ level, event }: LogLine, { level: least = 'debug', part }: LogSelection): boolean {
  return (
    LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least) && (part === undefined || partOf(event) === part)
  );
}
