/**
 * The audit trail (`audit.db`): a chain in which each entry holds the hash of the one before, so that none can be changed,
 * taken out or put in between without all later ones being others. Of MAX_ENTRIES the oldest go; the hash of the last that
 * went is kept, and the chain begins with it. Every call reads the file itself: the command line may write too.
 */
import { createHash } from 'node:crypto';
import type { AuditCheck, AuditDeed, AuditEntry, AuditLine } from '../../model/audit.ts';
import type { Sqlite } from '../sqlite.ts';
import { openSideFile, type SideFileOptions } from './side-file.ts';

const MAX_ENTRIES = 20_000;
/** Looked through before others get a turn. */
const PIECE = 1_000;
const MAX_BODY = 4_096;
/** What the first entry of all is chained to. */
const NOTHING = '0'.repeat(64);

const TABLES = `
  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,      -- epoch milliseconds
    body TEXT NOT NULL,         -- JSON
    hash TEXT NOT NULL
  );
  -- 'gone': number and hash of the last entry that went; 'told': number of the last that is in the log
  CREATE TABLE marks (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash TEXT NOT NULL) WITHOUT ROWID;
`;

export interface Audit {
  append(deed: AuditDeed, timeMs: number): AuditEntry;
  /** The newest first, seq < `beforeSeq`. */
  list(beforeSeq: number, limit: number): AuditEntry[];
  /** As they are hashed, oldest first, seq > `afterSeq`. */
  lines(afterSeq: number, limit: number): AuditLine[];
  /** Number of the last entry that is in the log as well. */
  told(): number;
  setTold(seq: number): void;
  /** Looks through the whole chain. */
  check(): Promise<AuditCheck>;
}

export interface OpenAudit {
  readonly audit: Audit;
  synced(): Promise<void>;
  close(): void;
}

/** Opens the trail of the store in `dir`. Throws StoreError when it cannot be used. */
export function openAudit(dir: string, options: SideFileOptions = {}): OpenAudit {
  const spec = { name: 'audit.db', version: 1, tables: TABLES, use: createAudit };
  const { of: audit, ...file } = openSideFile(dir, spec, options);
  return { audit, ...file };
}

/** The hash of an entry. */
export function chainHash(before: string, body: string): string {
  return createHash('sha256').update(`${before}\n${body}`).digest('hex');
}

interface Mark {
  readonly seq: number;
  readonly hash: string;
}

function createAudit(db: Sqlite): Audit {
  const insert = db.prepare('INSERT INTO entries VALUES (?, ?, ?, ?)');
  const last = db.prepare('SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1');
  const before = db.prepare('SELECT * FROM entries WHERE seq < ? ORDER BY seq DESC LIMIT ?');
  const after = db.prepare(
    'SELECT seq, time AS timeMs, body, hash FROM entries WHERE seq > ? ORDER BY seq LIMIT ?',
  );
  const hashOf = db.prepare('SELECT hash FROM entries WHERE seq = ?').pluck();
  const drop = db.prepare('DELETE FROM entries WHERE seq <= ?');
  const mark = db.prepare('SELECT seq, hash FROM marks WHERE name = ?');
  const setMark = db.prepare('INSERT OR REPLACE INTO marks VALUES (?, ?, ?)');
  const gone = (): Mark => (mark.get('gone') as Mark | undefined) ?? { seq: 0, hash: NOTHING };
  const lines = (afterSeq: number, limit: number): AuditLine[] => after.all(afterSeq, limit) as AuditLine[];

  const append = db.transaction((deed: AuditDeed, timeMs: number): AuditEntry => {
    const newest = (last.get() as Mark | undefined) ?? gone();
    const seq = newest.seq + 1;
    const body = bodyOf(seq, timeMs, deed);
    const hash = chainHash(newest.hash, body);
    insert.run(seq, timeMs, body, hash);
    const oldest = seq - MAX_ENTRIES;
    if (oldest > 0 && oldest % 100 === 0) {
      setMark.run('gone', oldest, String(hashOf.get(oldest)));
      drop.run(oldest);
    }
    return { ...deed, seq, timeMs, hash };
  });

  return {
    // At once: two processes may not chain to the same entry.
    append: (deed, timeMs) => append.immediate(deed, timeMs),
    list: (beforeSeq, limit) =>
      (before.all(beforeSeq, limit) as { body: string; hash: string }[]).map(({ body, hash }) =>
        entryOf(body, hash),
      ),
    lines,
    told: () => (mark.get('told') as Mark | undefined)?.seq ?? 0,
    setTold: (seq) => void setMark.run('told', seq, ''),
    async check() {
      let { seq: at, hash } = gone();
      const firstSeq = at + 1;
      let entries = 0;
      for (;;) {
        const piece = lines(at, PIECE);
        for (const line of piece) {
          if (line.seq !== at + 1 || !isWhole(line, hash))
            return { entries, firstSeq, lastSeq: at, head: hash, brokenAt: at + 1 };
          entries += 1;
          at = line.seq;
          hash = line.hash;
        }
        if (piece.length < PIECE) {
          const told = (mark.get('told') as Mark | undefined)?.seq ?? 0;
          // What is in the log was here: the newest were taken away.
          return { entries, firstSeq, lastSeq: at, head: hash, ...(told > at ? { brokenAt: at + 1 } : {}) };
        }
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Number and time are told twice: the columns are for finding, the body is what is chained. */
function isWhole({ seq, timeMs, body, hash }: AuditLine, before: string): boolean {
  const entry = entryOf(body, hash);
  return entry.seq === seq && entry.timeMs === timeMs && chainHash(before, body) === hash;
}

function bodyOf(seq: number, timeMs: number, deed: AuditDeed): string {
  const body = JSON.stringify({ seq, timeMs, ...deed });
  if (body.length <= MAX_BODY) return body;
  const { detail: _, ...rest } = deed;
  return JSON.stringify({ seq, timeMs, ...rest, on: rest.on?.slice(0, 256) });
}

function entryOf(body: string, hash: string): AuditEntry {
  try {
    return { ...(JSON.parse(body) as Omit<AuditEntry, 'hash'>), hash };
  } catch {
    return { seq: -1, timeMs: 0, who: '', from: '', what: 'unreadable', hash };
  }
}
