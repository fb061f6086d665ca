/**
 * Which commands this box has begun and which it has answered, by id, on disk: one that comes again after a crash, a lost
 * acknowledgement or a fail-over is not done again. The newest are kept.
 */
import type { Notes, Store } from '../../../store/contract.ts';

const NOTE = 'commands';
/** Commands that are neither answered nor expired are far fewer. */
const MAX_KEPT = 500;

export type CommandState = 'begun' | 'answered';

export interface CommandJournal {
  of(id: string): CommandState | undefined;
  /** Resolves when it is on disk. Rejects with a StoreError when the disk refuses: then nothing may be done. */
  note(id: string, state: CommandState): Promise<void>;
}

export function createCommandJournal(
  store: { readonly notes: Notes } & Pick<Store, 'synced'>,
): CommandJournal {
  const states = load(store.notes);
  return {
    of: (id) => states.get(id),
    async note(id, state) {
      states.delete(id);
      states.set(id, state);
      for (const old of states.keys()) {
        if (states.size <= MAX_KEPT) break;
        states.delete(old);
      }
      store.notes.put(NOTE, [...states]);
      await store.synced();
    },
  };
}

/** What cannot be read is as if there were nothing: a repaired store has lost its notes. */
function load(notes: Notes): Map<string, CommandState> {
  try {
    const saved = notes.get(NOTE);
    if (!Array.isArray(saved)) return new Map();
    const isOne = (one: unknown): one is [string, CommandState] => Array.isArray(one) && one.length === 2;
    return new Map(saved.filter(isOne));
  } catch {
    return new Map();
  }
}
