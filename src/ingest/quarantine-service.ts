/**
 * What people do about the records a sink refused: look, drop, mend a field, write again. A record leaves
 * quarantine in the same transaction that counts it as delivered or expired and says so in the log; until then it stays,
 * whatever happens. Written again it has the same series and time, so that doing so twice changes nothing.
 */
import { setImmediate as otherEvents } from 'node:timers/promises';
import type {
  FieldRemedy,
  QuarantineOutcome,
  QuarantineReason,
  QuarantineRemedy,
  QuarantineSelection,
} from '../model/quarantine.ts';
import { type FieldValue, type LogRecord, type NewRecord, uplinkBody } from '../model/record.ts';
import type { World } from '../model/world.ts';
import type { QuarantinedRecord, Store } from '../store/contract.ts';
import { selectQuarantined } from '../store/tables/select-quarantined.ts';

/** What became of records that were written again. */
export interface Replay {
  /** seqs. */
  readonly delivered: readonly number[];
  readonly refused: readonly { readonly record: LogRecord; readonly reason: string }[];
  /** Why the remaining ones were not tried. */
  readonly stopped?: string;
}

export interface QuarantineServiceOptions {
  readonly store: Pick<Store, 'quarantine' | 'cursor' | 'commit'>;
  readonly world: World;
  /** How each sink that sets records aside writes them again. */
  readonly sinks: Readonly<Record<string, (records: readonly LogRecord[]) => Promise<Replay>>>;
}

export interface QuarantineService {
  readonly sinks: readonly string[];
  /** Ascending, seq > `afterSeq`. */
  list(sink: string, afterSeq: number, limit: number, selection?: QuarantineSelection): QuarantinedRecord[];
  count(sink: string): number;
  /** Deals with the selected records, one caller after the other. Rejects only when the store is closed. */
  act(
    sink: string,
    selection: QuarantineSelection,
    remedy: QuarantineRemedy,
    reason: QuarantineReason,
  ): Promise<QuarantineOutcome>;
}

/** Records looked at, and written, at once. */
const PAGE = 200;

type Counts = { -readonly [K in keyof QuarantineOutcome]: QuarantineOutcome[K] };

/** What somebody asked for. */
interface Request {
  readonly sink: string;
  readonly selection: QuarantineSelection;
  readonly remedy: QuarantineRemedy;
  readonly reason: QuarantineReason;
}

export function createQuarantineService(options: QuarantineServiceOptions): QuarantineService {
  const { quarantine } = options.store;
  let busy: Promise<unknown> = Promise.resolve();
  return {
    sinks: Object.keys(options.sinks),
    list: (...query) => selectQuarantined(quarantine, ...query),
    count: quarantine.count,
    act(sink, selection, remedy, reason) {
      const result = busy.then(() => act(options, { sink, selection, remedy, reason }));
      busy = result.catch(() => undefined);
      return result;
    },
  };
}

async function act(options: QuarantineServiceOptions, request: Request): Promise<QuarantineOutcome> {
  const { store } = options;
  const { sink, selection } = request;
  const counts: Counts = { matched: 0, delivered: 0, dropped: 0, refused: 0, unfit: 0, ahead: 0 };
  for (let after = 0; counts.stopped === undefined; ) {
    const page = selectQuarantined(store.quarantine, sink, after, PAGE, selection);
    const last = page.at(-1);
    if (!last) break;
    after = last.seq;
    counts.matched += page.length;
    const { seq: position } = store.cursor(sink).state();
    const behind = page.filter(({ seq }) => seq <= position);
    counts.ahead += page.length - behind.length;
    await applyRemedy(options, request, behind, counts);
    await otherEvents();
  }
  return counts;
}

async function applyRemedy(
  options: QuarantineServiceOptions,
  request: Request,
  page: readonly QuarantinedRecord[],
  counts: Counts,
): Promise<void> {
  const { quarantine } = options.store;
  const { sink, remedy } = request;
  if (remedy.action === 'drop') {
    counts.dropped += await release(options, request, page, 'expired');
    return;
  }
  if (remedy.action === 'retry') return replay(options, request, page, counts);
  const mended = page.flatMap((record) => retyped(record, remedy.field, remedy.to) ?? []);
  counts.unfit += page.length - mended.length;
  // Kept as mended, so that a second field can be mended, or InfluxDB be away just now.
  for (const [atMs, records] of Map.groupBy(mended, ({ quarantinedMs }) => quarantinedMs)) {
    quarantine.add(
      sink,
      records.map((record) => ({ record, reason: record.reason })),
      atMs,
    );
  }
  return replay(options, request, mended, counts);
}

async function replay(
  options: QuarantineServiceOptions,
  request: Request,
  page: readonly QuarantinedRecord[],
  counts: Counts,
): Promise<void> {
  const { store, sinks, world } = options;
  const write = sinks[request.sink];
  if (!write || page.length === 0) return;
  const { delivered, refused, stopped } = await write(page);
  const landed = new Set(delivered);
  store.quarantine.add(request.sink, refused, world.clock.nowMs());
  counts.refused += refused.length;
  const gone = page.filter(({ seq }) => landed.has(seq));
  counts.delivered += await release(options, request, gone, 'delivered');
  if (stopped !== undefined) counts.stopped = stopped;
}

/** Lets records leave; how many were there. */
async function release(
  { store, world }: QuarantineServiceOptions,
  { sink, reason }: Request,
  records: readonly LogRecord[],
  as: 'delivered' | 'expired',
): Promise<number> {
  if (records.length === 0) return 0;
  const seqs = records.map(({ seq }) => seq);
  const note = auditRecord(world.clock.nowMs(), { sink, seqs, as, ...reason });
  const { released = 0 } = await store.commit({
    records: [note],
    released: { sink, seqs, as },
    urgent: true,
  });
  return released;
}

/** The record with `field` made what was asked for; undefined where that cannot be. */
export function retyped<R extends LogRecord>(record: R, field: string, to: FieldRemedy): R | undefined {
  if (record.kind !== 'uplink') return undefined;
  let body: ReturnType<typeof uplinkBody>;
  try {
    body = uplinkBody(record);
  } catch {
    return undefined;
  }
  if (!body.fields || !Object.hasOwn(body.fields, field)) return undefined;
  const { [field]: value, ...others } = body.fields;
  if (to === 'remove') return { ...record, body: JSON.stringify({ ...body, fields: others }) };
  const made = value === undefined ? undefined : converted(value, to);
  if (made === undefined) return undefined;
  // Entries, not a spread: a field may be called `__proto__`.
  const fields = Object.fromEntries(
    Object.entries(body.fields).map(([key, old]) => [key, key === field ? made : old]),
  );
  return { ...record, body: JSON.stringify({ ...body, fields }) };
}

function converted(value: FieldValue, to: 'number' | 'string' | 'boolean'): FieldValue | undefined {
  if (to === 'string') return String(value);
  const text = String(value).trim().toLowerCase();
  if (to === 'number') {
    if (typeof value === 'boolean') return value ? 1 : 0;
    const number = Number(text);
    return text !== '' && Number.isFinite(number) ? number : undefined;
  }
  if (typeof value === 'number') return value !== 0;
  if (['true', '1', 'on', 'yes'].includes(text)) return true;
  return ['false', '0', 'off', 'no'].includes(text) ? false : undefined;
}

interface Departure extends QuarantineReason {
  readonly sink: string;
  readonly seqs: readonly number[];
  readonly as: 'delivered' | 'expired';
}

function auditRecord(timeMs: number, { sink, seqs, as, by, note }: Departure): NewRecord {
  const body = {
    event: as === 'delivered' ? 'quarantine_replayed' : 'quarantine_dropped',
    sink,
    records: seqs.length,
    seqs: ranges(seqs),
    by,
    ...(note === undefined ? {} : { note }),
  };
  return { kind: 'system', device: null, timeMs, body };
}

/** [1, 2, 3, 7] -> '1-3,7'. */
function ranges(seqs: readonly number[]): string {
  const parts: { from: number; to: number }[] = [];
  for (const seq of seqs) {
    const last = parts.at(-1);
    if (last && last.to + 1 === seq) last.to = seq;
    else parts.push({ from: seq, to: seq });
  }
  return parts.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
