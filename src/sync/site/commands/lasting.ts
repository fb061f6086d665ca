/**
 * A command whose end is seen in another life of the box than its beginning, since what it does ends that life. What was begun is noted
 * on disk; the life that follows finds the note and says how it went, also where the entry never comes again because the centre is
 * another one by then. One at a time.
 */
import type { Notes, Store } from '../../../store/contract.ts';

const NOTE = 'commands.lasting';

export interface LastingCommand {
  readonly id: string;
  readonly kind: 'settings-put' | 'take-version';
  /** When it was begun, epoch milliseconds. */
  readonly atMs: number;
  /** By what its end is known. */
  readonly facts: Readonly<Record<string, string>>;
}

export interface LastingCommands {
  current(): LastingCommand | undefined;
  /** Resolves when it is on disk; rejects with a StoreError when the disk refuses. */
  note(command: LastingCommand): Promise<void>;
  /** It is over, or was not begun. */
  forget(): Promise<void>;
}

export function createLastingCommands(
  store: { readonly notes: Notes } & Pick<Store, 'synced'>,
): LastingCommands {
  const put = async (value: LastingCommand | null): Promise<void> => {
    store.notes.put(NOTE, value);
    await store.synced();
  };
  return {
    current: () => load(store.notes),
    note: put,
    forget: () => put(null),
  };
}

/** What cannot be read is as if there were nothing. */
function load(notes: Notes): LastingCommand | undefined {
  try {
    const saved = notes.get(NOTE);
    return isLasting(saved) ? saved : undefined;
  } catch {
    return undefined;
  }
}

function isLasting(saved: unknown): saved is LastingCommand {
  if (typeof saved !== 'object' || saved === null || !('id' in saved && 'kind' in saved)) return false;
  return 'atMs' in saved && 'facts' in saved && typeof saved.facts === 'object' && saved.facts !== null;
}
