/** Notices that the file is damaged, whoever meets it first, and leaves a note so that the next opening repairs it. */
import { writeFileSync } from 'node:fs';
import type { World } from '../model/world.ts';
import type { Log, Quarantine } from './contract.ts';
import { StoreError } from './errors.ts';
import type { StoreFiles } from './files.ts';

/** Runs `run`; what it throws becomes a StoreError that names the operation and the file, and damage is noted. */
export type Guard = <T>(operation: string, run: () => T) => T;

export interface DamageWatch {
  readonly guard: Guard;
  /** The error that showed the damage, once there is any. */
  damage(): StoreError | undefined;
}

export interface DamageWatchOptions {
  readonly files: StoreFiles;
  readonly world: World;
  readonly onDamaged?: ((error: StoreError) => void) | undefined;
}

export function createDamageWatch(options: DamageWatchOptions): DamageWatch {
  let damage: StoreError | undefined;
  return {
    damage: () => damage,
    guard<T>(operation: string, run: () => T): T {
      try {
        return run();
      } catch (error) {
        const { database } = options.files;
        const wrapped = error instanceof StoreError ? error : new StoreError(operation, database, error);
        if (wrapped.damaged && !damage) {
          damage = wrapped;
          tell(options, wrapped);
        }
        throw wrapped;
      }
    },
  };
}

function tell({ files, world, onDamaged }: DamageWatchOptions, damage: StoreError): void {
  try {
    writeFileSync(files.damageNote, `${damage.message}\n`, { flush: true });
  } catch {
    // The disk refuses even that: the check at the opening has to find it again.
  }
  world.logger.error('store.damaged', { error: damage.message });
  onDamaged?.(damage);
}

export function guardedLog(log: Log, guard: Guard): Log {
  const { firstSeq, lastSeq, onAppend } = log;
  return {
    firstSeq,
    lastSeq,
    onAppend,
    readAfter: (after, limit, maxBytes) => guard('read', () => log.readAfter(after, limit, maxBytes)),
    eventsAfter: (after, records, maxBytes) => guard('read', () => log.eventsAfter(after, records, maxBytes)),
    readBefore: (before, limit) => guard('read', () => log.readBefore(before, limit)),
    ofDevice: (devEui, before, limit) => guard('read', () => log.ofDevice(devEui, before, limit)),
    timeAfter: (after) => guard('read', () => log.timeAfter(after)),
  };
}

/** `change` guards what writes. */
export function guardedQuarantine(
  { add, use, list, count, remove }: Quarantine,
  guard: Guard,
  change: Guard,
): Quarantine {
  return {
    add: (sink, items, nowMs) => change('quarantine', () => add(sink, items, nowMs)),
    use: () => guard('read', use),
    list: (sink, afterSeq, limit) => guard('read', () => list(sink, afterSeq, limit)),
    count: (sink) => guard('read', () => count(sink)),
    remove: (sink, seqs) => change('quarantine', () => remove(sink, seqs)),
  };
}
