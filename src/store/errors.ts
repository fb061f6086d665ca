/** What can go wrong with the store, told by operation, file, cause and what to do. */

/** `retryable`: the same call may succeed later without anybody changing the program (disk full, I/O error, busy). */
export class StoreError extends Error {
  readonly operation: string;
  readonly file: string;
  readonly hint: string;
  /** The message without the hint, where that is shown apart. */
  readonly problem: string;
  readonly retryable: boolean;
  /** The file is damaged: nothing more can be written until the next start has repaired it. */
  readonly damaged: boolean;

  constructor(operation: string, file: string, cause: unknown) {
    const code = sqliteCode(cause);
    const hint = hintOf(operation, code, cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    const problem = `${operation} ${file}: ${reason}`;
    super(hint ? `${problem} (${hint})` : problem, { cause });
    this.name = 'StoreError';
    this.operation = operation;
    this.file = file;
    this.hint = hint;
    this.problem = problem;
    this.retryable = RETRYABLE.test(code);
    this.damaged = DAMAGED.test(code);
  }
}

function hintOf(operation: string, code: string, cause: unknown): string {
  const kind = code.split('_').slice(0, 2).join('_');
  if (kind === 'SQLITE_BUSY' && operation !== 'lock') return HELD_BY_ANOTHER;
  // Such as NativeAddonError, which knows better.
  const own: unknown = cause instanceof Error && 'hint' in cause ? cause.hint : undefined;
  return HINTS[code] ?? HINTS[kind] ?? (typeof own === 'string' ? own : '');
}

/** The folder is ours alone; the database another program may open all the same. */
const HELD_BY_ANOTHER =
  'another program has the database open for writing, an sqlite3 shell for one: end it; it is tried again by itself';

const RETRYABLE =
  /^(SQLITE_FULL|SQLITE_IOERR|SQLITE_BUSY|SQLITE_LOCKED|SQLITE_NOMEM|SQLITE_READONLY|SQLITE_CANTOPEN)/;

const DAMAGED = /^(SQLITE_CORRUPT|SQLITE_NOTADB)/;

const HINTS: Readonly<Record<string, string>> = {
  SQLITE_FULL: 'the disk is full: free some space',
  SQLITE_IOERR_VNODE:
    'the folder of the store was moved, deleted or unmounted: put it back, or stop the box and restore a backup',
  SQLITE_IOERR: 'the disk refused: check the card and `dmesg`',
  SQLITE_BUSY: 'another webscada-edge holds this data folder: stop it first',
  SQLITE_READONLY: 'the file or its file system is read-only: check the owner and the mount',
  SQLITE_CANTOPEN: 'the folder cannot be used: check that it exists and belongs to the service user',
  SQLITE_CORRUPT: 'the file is damaged: the next start repairs it',
  SQLITE_NOTADB: 'the file is damaged or not a store',
};

/** SQLite's result code of an error of better-sqlite3, '' for anything else. */
export function sqliteCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}
