/** How much is really written to the card: today and for each record. Counted by the system for the whole process. */
import type { World } from '../model/world.ts';
import { writtenBytes } from './disk.ts';
import type { Meta } from './meta.ts';

const DAY_MS = 86_400_000;
const SAVE_MS = 900_000;
const KEY = 'written';
/** Fewer records than this say nothing about the cost of one. */
const MIN_RECORDS = 20;

export interface Flash {
  appended(records: number): void;
  /** Within a transaction that writes anyway: notes today's sum, now and then. */
  save(now?: boolean): void;
  /** Bytes since midnight UTC, kept over restarts, and bytes a record since the start. */
  figures(): { readonly writtenBytesToday: number; readonly bytesPerReading?: number };
}

export function createFlash(world: World, meta: Meta): Flash {
  const startBytes = writtenBytes();
  let day = Math.floor(world.clock.nowMs() / DAY_MS);
  const saved = (meta.get(KEY) ?? {}) as { day?: number; bytes?: number };
  /** What today's sum is more than the system's count. */
  let offset = (saved.day === day ? (saved.bytes ?? 0) : 0) - startBytes;
  let records = 0;
  let savedMs = world.clock.monotonicMs();

  function today(): number {
    const bytes = writtenBytes();
    const now = Math.floor(world.clock.nowMs() / DAY_MS);
    if (now !== day) {
      day = now;
      offset = -bytes;
    }
    return bytes + offset;
  }

  return {
    appended(count) {
      records += count;
    },
    save(now = false) {
      const nowMs = world.clock.monotonicMs();
      if (!now && nowMs - savedMs < SAVE_MS) return;
      savedMs = nowMs;
      meta.set(KEY, { day, bytes: today() });
    },
    figures() {
      const writtenBytesToday = today();
      if (records < MIN_RECORDS) return { writtenBytesToday };
      return { writtenBytesToday, bytesPerReading: Math.round((writtenBytes() - startBytes) / records) };
    },
  };
}
