/** The newest time the log knows: from where an untrusted clock's guesses go on, and before which no clock is right. */
import type { LogRecord, UplinkBody } from '../model/record.ts';
import { timeOf } from '../model/time.ts';
import type { Store } from '../store/contract.ts';

/** How many of our own are compared, and of foreign ones. */
const COMPARED = 20;
/** How many records are looked through, newest first. */
const LOOKED_AT = 200;

export interface NewestTime {
  /** When the newest record happened, as far as is known; epoch milliseconds. */
  readonly timeMs: number;
  /** The newest time that our own trusted clock gave; undefined when none of the records looked at has one. */
  readonly ownMs: number | undefined;
  /** Epoch minus monotonic by the newest record, if it is of boot `boot`. */
  readonly offsetMs: number | undefined;
}

/** What the records before `beforeSeq` say; undefined when there are none, or the store cannot be read just now. */
export function readNewest(...question: Parameters<typeof readThem>): NewestTime | undefined {
  try {
    return readThem(...question);
  } catch {
    // A damaged store says so itself; the time is known from elsewhere, or later.
    return undefined;
  }
}

function readThem(
  store: Pick<Store, 'log' | 'clocks'> | undefined,
  beforeSeq: number,
  builtMs: number,
  boot?: string,
): NewestTime | undefined {
  const records = store?.log.readBefore(beforeSeq, LOOKED_AT) ?? [];
  const [first] = records;
  if (!store || !first) return undefined;
  const own = records.filter(isOwn).map(({ timeMs }) => timeMs);
  // A foreign time stands in only where nothing else is known, and then no single one.
  const known = records.find((record) => !isForeign(record));
  const timesMs = (known ? [known] : records.slice(0, COMPARED)).map(
    (record) => timeOf(record, store.clocks).timeMs,
  );
  const timeMs = Math.max(builtMs, median(timesMs));
  const { clock } = JSON.parse((known ?? first).body) as Partial<UplinkBody>;
  return {
    timeMs,
    ownMs: own.length > 0 ? Math.max(...own.slice(0, COMPARED)) : undefined,
    offsetMs: boot !== undefined && clock?.boot === boot ? timeMs - clock.monoMs : undefined,
  };
}

/** Dated by our own clock while that was trusted: only such a time is held against it later. */
function isOwn(record: LogRecord): boolean {
  const { clock } = JSON.parse(record.body) as Partial<UplinkBody>;
  return clock === undefined && !isForeign(record);
}

/** Dated by one gateway's word, or perhaps by ChirpStack's. */
function isForeign({ kind, body: text, timeMs }: LogRecord): boolean {
  if (kind !== 'uplink') return false;
  const { clock, rx, via } = JSON.parse(text) as Partial<UplinkBody>;
  if (clock) return clock.source === 'frame';
  return via === 'chirpstack' || rx?.some(({ t }) => t !== undefined && Math.floor(t) === timeMs) === true;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
