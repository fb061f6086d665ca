/**
 * Where a pull goes on: the record its cursor names, or the reason it cannot, with the oldest place it can go on from and what
 * the log itself says about what is gone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Store } from '../../store/contract.ts';
import { invalidQuery } from '../http/input.ts';
import { Problem } from '../http/problem.ts';
import { type Position, parseRecordId, recordId } from '../shapes/position.ts';

/** Newest records looked through for what the log says about losses. */
const MAX_SEARCHED = 4_000;
const RECORDS_A_TURN = 250;
const MAX_EXPLAINED = 20;
/** Records of these events name what was removed or lost, and what of the store's history changed. */
const EXPLAINING: ReadonlySet<unknown> = new Set(['expired', 'salvaged', 'wal_cut']);

type PullStore = Pick<Store, 'epoch' | 'log'>;

/** seq behind which to read. Throws 400 for what is no cursor and 410 for one that cannot be gone on from. */
export async function pullPosition(store: PullStore, after: string | undefined): Promise<number> {
  const { log } = store;
  const oldest = log.firstSeq() - 1;
  if (after === undefined) return oldest;
  const position = parseRecordId(after);
  if (!position) {
    const detail = 'must be a cursor, <epoch>-<seq>, as the last line of an answer gives it';
    throw invalidQuery([{ parameter: 'after', detail, code: 'format' }]);
  }
  const epoch = store.epoch();
  if (position.epoch !== epoch) throw await gone(store, position, 'other_store');
  if (position.seq > log.lastSeq()) throw await gone(store, position, 'ahead');
  if (position.seq < oldest) throw await gone(store, position, 'trimmed');
  return position.seq;
}

type GoneReason = 'trimmed' | 'other_store' | 'ahead';

const DETAIL: Readonly<Record<GoneReason, string>> = {
  trimmed:
    'Records behind this cursor are no longer kept here. Go on with `oldest`; `missing` is what lies between.',
  other_store:
    'This cursor is of another epoch: the store was repaired, put back from a backup or begun anew. Go on with `continues` where it is given: what lies before it are the records you have. Else go on with `oldest`: records you have already come again under new ids.',
  ahead:
    'This cursor is ahead of the log: the store was put back to an older state by hand. Go on with `oldest`; records you have already come again.',
};

async function gone(store: PullStore, position: Position, reason: GoneReason): Promise<Problem> {
  const epoch = store.epoch();
  const first = store.log.firstSeq();
  const told = await explanations(store);
  const same = reason === 'other_store' ? seqShared(position, epoch, told) : undefined;
  const missing = { from: recordId(epoch, position.seq + 1), to: recordId(epoch, first - 1) };
  return new Problem({
    code: 'cursor-gone',
    title: 'The log does not go on from there',
    status: 410,
    detail: DETAIL[reason],
    members: {
      ...{ reason, after: recordId(position.epoch, position.seq), oldest: recordId(epoch, first - 1) },
      newest: recordId(epoch, store.log.lastSeq()),
      ...(same === undefined ? {} : { continues: recordId(epoch, Math.max(same, first - 1)) }),
      ...(reason === 'trimmed' ? { missing: { ...missing, count: first - 1 - position.seq } } : {}),
      explained: told.map(({ seq, timeMs, body }) => ({
        ...{ id: recordId(epoch, seq), time: new Date(timeMs).toISOString() },
        ...body,
      })),
    },
  });
}

interface Told {
  readonly seq: number;
  readonly timeMs: number;
  readonly body: { readonly event?: unknown; readonly epoch?: unknown };
}

/**
 * Up to which seq the records of the cursor's epoch are those of ours: a repair keeps every record under its seq and begins the next
 * epoch with the record that tells of it. After anything else (a backup put back) seqs may name other records: undefined.
 */
function seqShared(position: Position, epoch: number, told: readonly Told[]): number | undefined {
  if (position.epoch !== epoch - 1) return undefined;
  const repair = told.find(({ body }) => body.event === 'salvaged' && body.epoch === epoch);
  return repair && Math.min(position.seq, repair.seq - 1);
}

/** What the newest records say of removals and repairs, newest first. */
async function explanations({ log }: PullStore): Promise<Told[]> {
  const found: Told[] = [];
  let before = Number.MAX_SAFE_INTEGER;
  for (let searched = 0; searched < MAX_SEARCHED && found.length < MAX_EXPLAINED; ) {
    const records = log.readBefore(before, RECORDS_A_TURN);
    for (const { kind, seq, timeMs, body: text } of records) {
      if (kind !== 'system') continue;
      const body = JSON.parse(text) as Told['body'];
      if (EXPLAINING.has(body.event)) found.push({ seq, timeMs, body });
    }
    searched += records.length;
    before = records.at(-1)?.seq ?? 0;
    if (records.length < RECORDS_A_TURN) break;
    await nextTurn();
  }
  return found.slice(0, MAX_EXPLAINED);
}
