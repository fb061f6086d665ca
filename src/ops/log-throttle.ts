/**
 * Folding of repeats, so that a flood of one kind of trouble is one line a minute and not a full SD card: the first
 * occurrence of a key speaks at once, the others are counted until the window ends and then told in one go.
 */
import type { World } from '../model/world.ts';

/**
 * Reports one occurrence of `key`. `log` is called now or at the end of the window (then the latest `log` is used), with the
 * number of occurrences since the key last spoke.
 */
export type LogThrottle = (key: string, log: (count: number) => void) => void;

/** Keys remembered at a time; the one that spoke longest ago makes room and tells its count early. */
const MAX_KEYS = 500;

interface Entry {
  readonly spokeMs: number;
  count: number;
  log: (count: number) => void;
  cancel?: () => void;
}

/** Makes a fold whose keys speak at most once in `windowMs` milliseconds each. */
export function createLogThrottle(world: World, windowMs = 60_000): LogThrottle {
  // In the order in which the keys last spoke, oldest first.
  const entries = new Map<string, Entry>();

  function speak(key: string, count: number, log: (count: number) => void): void {
    entries.delete(key);
    makeRoom();
    entries.set(key, { spokeMs: world.clock.monotonicMs(), count: 0, log });
    log(count);
  }

  function makeRoom(): void {
    const nowMs = world.clock.monotonicMs();
    for (const [key, entry] of entries) {
      const isQuiet = entry.count === 0 && nowMs - entry.spokeMs >= windowMs;
      if (!isQuiet && entries.size < MAX_KEYS) return;
      entries.delete(key);
      entry.cancel?.();
      if (entry.count > 0) entry.log(entry.count);
    }
  }

  return (key, log) => {
    const entry = entries.get(key);
    if (!entry || (entry.count === 0 && world.clock.monotonicMs() - entry.spokeMs >= windowMs)) {
      speak(key, 1, log);
      return;
    }
    entry.count += 1;
    entry.log = log;
    if (entry.cancel) return;
    const remainingMs = Math.max(0, windowMs - (world.clock.monotonicMs() - entry.spokeMs));
    entry.cancel = world.clock.after(remainingMs, () => speak(key, entry.count, entry.log));
  };
}

/** A log of events of which each kind of trouble speaks once in a while, with how often it came. */
export function createEventLog(
  world: World,
): (event: string, fields: Readonly<Record<string, unknown>>) => void {
  const throttle = createLogThrottle(world);
  return (event, fields) =>
    throttle(`${event} ${String(fields.reason)} ${String(fields.gateway ?? fields.device ?? '')}`, (count) =>
      world.logger[event === 'gateway.online' ? 'info' : 'warn'](
        event,
        count > 1 ? { ...fields, count } : fields,
      ),
    );
}
