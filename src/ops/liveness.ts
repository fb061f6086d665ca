/**
 * Whether the service does its work, as the watchdog asks: what is written gets to the disk, and what comes in gets
 * through. InfluxDB, Redis or the broker being away never counts. That the event loop runs is shown by the answer itself.
 */
import type { State } from '../model/status.ts';
import type { Clock } from '../model/world.ts';

export interface LivenessOptions {
  /** Resolves when everything queued for the store before it is on disk. */
  readonly barrier: () => Promise<unknown>;
  readonly storeState: () => { readonly state: State; readonly detail: string };
  readonly clock: Clock;
}

export interface Liveness {
  /** Counts a message in; the result counts it out, however often it is called. */
  took(): () => void;
  /** Why the service does not do its work, undefined when it does. Settles within `BARRIER_MS`. */
  check(): Promise<string | undefined>;
}

const BARRIER_MS = 5_000;
/**
 * A disk that refuses is told on the pages and tried again every second; a restart would only take the pages away. It is
 * the last resort after this time.
 */
const REFUSED_MS = 300_000;
/** Checks in a row in which messages came in and none got through. */
const STUCK_CHECKS = 3;

export function createLiveness({ barrier, storeState, clock }: LivenessOptions): Liveness {
  let taken = 0;
  let passed = 0;
  let before = { taken: 0, passed: 0 };
  let stuckChecks = 0;
  let refusedSinceMs: number | undefined;
  let writing: Promise<unknown> | undefined;

  /** One write at a time: while the disk refuses they would queue up. */
  function write(): Promise<unknown> {
    writing ??= barrier().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  function ingest(): string | undefined {
    const stuck = taken > before.taken && passed === before.passed;
    stuckChecks = stuck ? stuckChecks + 1 : 0;
    before = { taken, passed };
    return stuckChecks < STUCK_CHECKS ? undefined : 'messages come in and none is stored';
  }

  async function storing(): Promise<string | undefined> {
    const done = await within(write(), BARRIER_MS, clock);
    const { state, detail } = storeState();
    if (done) refusedSinceMs = undefined;
    if (state === 'down') return detail;
    if (done) return undefined;
    if (state !== 'degraded') return 'a write to the store does not end';
    refusedSinceMs ??= clock.monotonicMs();
    // What waits for the disk is not stuck for a reason of its own.
    stuckChecks = 0;
    return clock.monotonicMs() - refusedSinceMs >= REFUSED_MS ? detail : undefined;
  }

  return {
    took() {
      taken++;
      let open = true;
      return () => {
        if (open) passed++;
        open = false;
      };
    },
    async check() {
      const stuck = ingest();
      return (await storing()) ?? (stuckChecks === 0 ? undefined : stuck);
    },
  };
}

/** Whether `work` has succeeded within `limitMs`. */
function within(work: Promise<unknown>, limitMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => resolve(false));
    const end = (ok: boolean): void => {
      cancel();
      resolve(ok);
    };
    work.then(
      () => end(true),
      () => end(false),
    );
  });
}
