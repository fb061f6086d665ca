/**
 * Keeps what the log says about its own clocks, record by record: which boots have undated records, and which 'clock_set'
 * dates what. In memory; whoever stores the log stores this beside it. Bounded: see `MAX_SETS`.
 */
import type { NewRecord } from './record.ts';
import { type ClockBook, type ClockSet, type OpenBoot, offsetOf, openStampOf } from './time.ts';

/** A clock that was set more often loses the oldest; records of so long ago keep the time they were written with. */
export const MAX_SETS = 1_000;

export interface WritableClockBook extends ClockBook {
  /** Takes note of a record that got `seq`, in order of `seq`; whether that changed anything. */
  note(seq: number, record: NewRecord): boolean;
  /** Ascending. */
  sets(): readonly ClockSet[];
}

/** A book that goes on from `open` and `sets`, both ascending. */
export function createClockBook(
  openBefore: readonly OpenBoot[] = [],
  setsBefore: readonly ClockSet[] = [],
): WritableClockBook {
  const open = new Map(openBefore.map((boot) => [boot.boot, boot]));
  let sets = [...setsBefore];
  let byBoot = groupByBoot(sets);

  function addSet(set: ClockSet): void {
    sets.push(set);
    open.delete(set.boot);
    if (sets.length > MAX_SETS) {
      sets = sets.slice(-MAX_SETS);
      byBoot = groupByBoot(sets);
    } else byBoot.set(set.boot, [...(byBoot.get(set.boot) ?? []), set]);
  }

  return {
    note(seq, record) {
      const offset = offsetOf(record);
      if (offset) addSet({ seq, ...offset });
      const stamp = openStampOf(record);
      if (stamp) {
        const { boot, monoMs, source } = stamp;
        const before = open.get(boot);
        open.set(boot, {
          boot,
          firstSeq: before?.firstSeq ?? seq,
          lastSeq: seq,
          firstMonoMs: before?.firstMonoMs ?? monoMs,
          lastMonoMs: Math.max(before?.lastMonoMs ?? 0, monoMs),
          offsetMs: source === 'boot' ? record.timeMs - monoMs : (before?.offsetMs ?? null),
        });
      }
      return offset !== undefined || stamp !== undefined;
    },
    open: () => [...open.values()],
    sets: () => sets,
    setFor(boot, seq) {
      const own = byBoot.get(boot);
      return own?.find((set) => set.seq > seq) ?? (open.has(boot) ? undefined : own?.at(-1));
    },
    lastSet: () => sets.at(-1),
    firstOpenSeq() {
      const [first] = open.values();
      return first ? first.firstSeq : Number.POSITIVE_INFINITY;
    },
  };
}

function groupByBoot(sets: readonly ClockSet[]): Map<string, ClockSet[]> {
  const groups = new Map<string, ClockSet[]>();
  for (const set of sets) {
    const group = groups.get(set.boot);
    if (group) group.push(set);
    else groups.set(set.boot, [set]);
  }
  return groups;
}
