/** The newest time the log knows: from where an untrusted clock's guesses go on, and before which no clock is right. */
import type { LogRecord, UplinkBody } from '../model/record.ts';
import { timeOf } from '../model/time.ts';
import type { Store } from '../store/contract.ts';

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
  const own = records.filter((record) => isOwnTime(record)).map(({ timeMs }) => timeMs);
  const timeMs = Math.max(builtMs, timeOf(first, store.clocks).timeMs);
  const { clock } = JSON.parse(first.body) as Partial<UplinkBody>;
  return {
    timeMs,
    ownMs: own.length > 0 ? Math.max(...own.slice(0, 20)) : undefined,
    offsetMs: boot !== undefined && clock?.boot === boot ? timeMs - clock.monoMs : undefined,
  };
}

/** A gateway's clock may run ahead of ours; only what ours said is held against it. */
function isOwnTime({ kind, body: text, timeMs }: LogRecord): boolean {
  const { clock, rx } = JSON.parse(text) as Partial<UplinkBody>;
  if (clock !== undefined) return false;
  return kind !== 'uplink' || !rx?.some(({ t }) => t !== undefined && Math.floor(t) === timeMs);
}
