/** What can go wrong with the store, told by operation, file, cause and what to do. */
import { advise, type SaidKey } from '../model/said.ts';

/** `retryable`: the same call may succeed later without anybody changing the program (disk full, I/O error, busy). */
export class StoreError extends Error {
  readonly operation: string;
  readonly file: string;
  readonly hint: string;
  /** The key of the hint; undefined where it is somebody else's. */
  readonly advice: SaidKey | undefined;
  /** The message without the hint, where that is shown apart. */
  readonly problem: string;
  readonly retryable: boolean;
  /** The file is damaged: nothing more can be written until the next start has repaired it. */
  readonly damaged: boolean;

  constructor(operation: string, file: string, cause: unknown) {
    const code = sqliteCode(cause);
    const advice = adviceOf(operation, code);
    const hint = advice === undefined ? hintIn(cause) : advise(advice).hint;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `${operation} ${file}: ${reason}`;
    super(hint ? `${problem} (${hint})` : problem, { cause });
    this.name = 'StoreError';
    this.operation = operation;
    this.file = file;
    this.hint = hint;
    this.advice = advice;
    this.problem = problem;
    this.retryable = RETRYABLE.test(code);
    this.damaged = DAMAGED.test(code);
  }
}

function adviceOf(operation: string, code: string): SaidKey | undefined {
  const kind = code.split('_').slice(0, 2).join('_');
  // The folder is ours alone; the database another program may open all the same.
  if (kind === 'SQLITE_BUSY' && operation !== 'lock') return 'store.shell.todo';
  return ADVICE[code] ?? ADVICE[kind];
}

/** Such as NativeAddonError, which knows better. */
function hintIn(cause: unknown): string {
  const own: unknown = cause instanceof Error && 'hint' in cause ? cause.hint : undefined;
  return typeof own === 'string' ? own : '';
}

const RETRYABLE =
  /^(SQLITE_FULL|SQLITE_IOERR|SQLITE_BUSY|SQLITE_LOCKED|SQLITE_NOMEM|SQLITE_READONLY|SQLITE_CANTOPEN)/;

const DAMAGED = /^(SQLITE_CORRUPT|SQLITE_NOTADB)/;

const ADVICE: Readonly<Record<string, SaidKey>> = {
  SQLITE_FULL: 'store.full.todo',
  SQLITE_IOERR_VNODE: 'store.moved.todo',
  SQLITE_IOERR: 'store.disk.todo',
  SQLITE_BUSY: 'store.twice.todo',
  SQLITE_READONLY: 'store.readOnly.todo',
  SQLITE_CANTOPEN: 'store.folder.todo',
  SQLITE_CORRUPT: 'store.damaged.todo',
  SQLITE_NOTADB: 'store.noStore.todo',
};

/** SQLite's result code of an error of better-sqlite3, '' for anything else. */
export function sqliteCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
