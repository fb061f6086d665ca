/**
 * How late the event loop is: a timer a second that looks how much later it runs than it should. Node's own histogram of it
 * would wake the box a hundred times a second; one look a second finds a loop that is held often, and costs nothing.
 */
import { createDurations, type DurationCounts } from '../model/durations.ts';
import type { Part, World } from '../model/world.ts';

export interface LoopDelay extends Part {
  counts(): DurationCounts;
}

const EVERY_MS = 1_000;
/** Nothing may hold it longer than 0.2 s. */
const BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 5];

export function createLoopDelay({ clock }: Pick<World, 'clock'>): LoopDelay {
  const late = createDurations(BOUNDS_S);
  let cancel = (): void => {};
  function look(): void {
    const dueMs = clock.monotonicMs() + EVERY_MS;
    cancel = clock.after(EVERY_MS, () => {
      late.note(Math.max(0, clock.monotonicMs() - dueMs) / 1_000);
      look();
    });
  }
  return {
    counts: late.counts,
    async start() {
      cancel();
      look();
    },
    async stop() {
      cancel();
    },
  };
}
