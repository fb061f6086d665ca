/** A World for tests: a clock moved by hand, a seeded random, a logger that remembers. */
import type { LogFields, World } from '../../src/model/world.ts';

export interface TestWorld extends World {
  /** Moves both clocks on, running the timers that fall due, in order. */
  advance(ms: number): void;
  /** Lets the wall clock jump without time passing. */
  setNow(timeMs: number): void;
  readonly logged: { level: string; event: string; fields: LogFields }[];
}

/** A world that starts at `startMs` (2026-01-01 unless given) and stands still until advanced. */
export function createTestWorld(startMs = Date.UTC(2026, 0, 1), seed = 1): TestWorld {
  let wallMs = startMs;
  let elapsedMs = 0;
  let state = seed;
  let timers: { dueMs: number; task: () => void }[] = [];
  const logged: { level: string; event: string; fields: LogFields }[] = [];
  const log =
    (level: string) =>
    (event: string, fields: LogFields = {}): void => {
      logged.push({ level, event, fields });
    };
  return {
    clock: {
      nowMs: () => wallMs,
      monotonicMs: () => elapsedMs,
      after(delayMs, task) {
        const timer = { dueMs: elapsedMs + delayMs, task };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
    },
    random() {
      state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
      return state / 4_294_967_296;
    },
    logger: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    logged,
    setNow(timeMs) {
      wallMs = timeMs;
    },
    advance(ms) {
      const untilMs = elapsedMs + ms;
      for (;;) {
        const next = timers.filter((t) => t.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (!next) break;
        timers = timers.filter((other) => other !== next);
        wallMs += Math.max(0, next.dueMs - elapsedMs);
        elapsedMs = Math.max(elapsedMs, next.dueMs);
        next.task();
      }
      wallMs += untilMs - elapsedMs;
      elapsedMs = untilMs;
    },
  };
}

/** A real world whose monotonic clock and timers run `factor` times as fast, for waits of minutes. */
export function createFastWorld(factor: number): World & Pick<TestWorld, 'logged'> {
  const { logger, logged } = createTestWorld();
  return {
    clock: {
      nowMs: () => Date.now(),
      monotonicMs: () => performance.now() * factor,
      after(delayMs, task) {
        const timer = setTimeout(task, delayMs / factor).unref();
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    logger,
    logged,
  };
}
