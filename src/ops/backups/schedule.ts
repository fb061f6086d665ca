/** When a backup is due, and which backups are kept. Pure. */

const DAY_MS = 86_400_000;

/** How many days, weeks and months are kept, one backup of each. */
export interface Keep {
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

/** The last moment at or before `nowMs` at which the machine's clocks showed `at`, 'hh:mm'. */
export function lastDueMs(nowMs: number, at: string): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  const due = new Date(nowMs);
  due.setHours(hours, minutes, 0, 0);
  if (due.getTime() > nowMs) due.setDate(due.getDate() - 1);
  return due.getTime();
}

/** Whether a backup should be made now. One from the future was dated by a wrong clock, and says nothing. */
export function isDue(nowMs: number, at: string, lastMs: number | undefined): boolean {
  return lastMs === undefined || lastMs > nowMs + DAY_MS || lastMs < lastDueMs(nowMs, at);
}

/**
 * Of the backups made at these times, those to keep: the newest of each of the last days, weeks (from Monday) and months that
 * have one, in UTC. The newest of all always. A time in the future counts as now.
 */
export function timesToKeep(timesMs: readonly number[], keep: Keep, nowMs: number): Set<number> {
  const newestFirst = [...new Set(timesMs)].sort((a, b) => b - a);
  const kept = new Set(newestFirst.filter((timeMs) => timeMs <= nowMs).slice(0, 1));
  if (kept.size === 0) for (const timeMs of newestFirst.slice(0, 1)) kept.add(timeMs);
  // Those of now before those of the future, which a wrong clock dated.
  const ordered = [
    ...newestFirst.filter((timeMs) => timeMs <= nowMs),
    ...newestFirst.filter((timeMs) => timeMs > nowMs),
  ];
  for (const [count, periodOf] of [
    [keep.daily, dayOf],
    [keep.weekly, weekOf],
    [keep.monthly, monthOf],
  ] as const) {
    const periods = new Map<number | string, number>();
    for (const timeMs of ordered) {
      const period = periodOf(Math.min(timeMs, nowMs));
      if (!periods.has(period)) periods.set(period, timeMs);
    }
    for (const timeMs of [...periods.values()].slice(0, count)) kept.add(timeMs);
  }
  return kept;
}

function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS);
}

/** 1970 began on a Thursday. */
function weekOf(timeMs: number): number {
  return Math.floor((dayOf(timeMs) + 3) / 7);
}

function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}
