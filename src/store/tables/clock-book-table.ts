/**
 * Stores the clock book beside the log it is made from, in the same transactions. A row a boot only while records of it
 * wait for their time, a row for each 'clock_set'; nothing is written while the clock is trusted. A file made by a repair
 * has the records only: then the book is made from them once.
 */
import { createClockBook, MAX_SETS } from '../../model/clock-book.ts';
import type { NewRecord, SystemBody } from '../../model/record.ts';
import type { ClockBook, ClockSet, OpenBoot } from '../../model/time.ts';
import type { Sqlite } from '../sqlite.ts';

export interface ClockBookTable {
  readonly book: ClockBook;
  /** Within a transaction: a record that got `seq`. */
  note(seq: number, record: NewRecord): void;
  /** Within a transaction, after the records. */
  save(): unknown;
  committed(): unknown;
  /** After a rollback. */
  rolledBack(): void;
}

interface ClockBookContext {
  readonly db: Sqlite;
  readonly statements: ClockBookStatements;
  /** As the file has it. */
  saved: { readonly open: readonly OpenBoot[]; readonly sets: readonly ClockSet[] };
  book: ReturnType<typeof createClockBook>;
  changed: boolean;
}

/** The book in `db`. */
export function createClockBookTable(db: Sqlite): ClockBookTable {
  const statements = prepareStatements(db);
  const saved = load(statements);
  const book = createClockBook(saved.open, saved.sets);
  const context: ClockBookContext = { db, statements, saved, book, changed: false };
  makeOnce(context);
  return {
    book: {
      open: () => context.book.open(),
      setFor: (boot, seq) => context.book.setFor(boot, seq),
      lastSet: () => context.book.lastSet(),
      firstOpenSeq: () => context.book.firstOpenSeq(),
    },
    note(seq, record) {
      if (context.book.note(seq, record)) context.changed = true;
    },
    save: () => context.changed && save(context),
    committed: () => context.changed && noteSaved(context),
    rolledBack() {
      if (!context.changed) return;
      context.saved = load(statements);
      context.book = createClockBook(context.saved.open, context.saved.sets);
      context.changed = false;
    },
  };
}

type ClockBookStatements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: Sqlite) {
  return {
    selectOpen: db.prepare(
      `SELECT boot, first_seq AS firstSeq, last_seq AS lastSeq, first_mono AS firstMonoMs, last_mono AS lastMonoMs,
         offset AS offsetMs FROM boots ORDER BY first_seq`,
    ),
    selectSets: db.prepare(
      'SELECT seq, boot, offset AS offsetMs, source, uncertainty AS uncertaintyMs FROM clock_sets WHERE seq > 0 ORDER BY seq',
    ),
    isKept: db.prepare('SELECT 1 FROM clock_sets WHERE seq = 0'),
    clocked: db.prepare(
      `SELECT seq, time AS timeMs, body FROM log
         WHERE typeof(body) = 'text' AND (instr(body, '"clock":{') OR instr(body, '"clock_set"')) ORDER BY seq`,
    ),
    putOpen: db.prepare('INSERT OR REPLACE INTO boots VALUES (?, ?, ?, ?, ?, ?)'),
    dropOpen: db.prepare('DELETE FROM boots WHERE boot = ?'),
    putSet: db.prepare('INSERT OR REPLACE INTO clock_sets VALUES (?, ?, ?, ?, ?)'),
    dropSets: db.prepare(
      `DELETE FROM clock_sets WHERE seq > 0 AND seq <= (SELECT seq FROM clock_sets ORDER BY seq DESC LIMIT 1 OFFSET ${MAX_SETS})`,
    ),
  };
}

function load({ selectOpen, selectSets }: ClockBookStatements): ClockBookContext['saved'] {
  return { open: selectOpen.all() as OpenBoot[], sets: selectSets.all() as ClockSet[] };
}

/** The first time a file is opened: row 0 says that the tables are as complete as the log. */
function makeOnce(context: ClockBookContext): void {
  const { db, statements, book } = context;
  const { isKept, clocked, putSet } = statements;
  if (isKept.get() !== undefined) return;
  for (const row of clocked.iterate() as IterableIterator<{ seq: number; timeMs: number; body: string }>) {
    const body = JSON.parse(row.body) as SystemBody;
    book.note(row.seq, { kind: 'system', timeMs: row.timeMs, device: null, body });
  }
  db.transaction(() => {
    save(context);
    putSet.run(0, '', 0, '', null);
  })();
  noteSaved(context);
}

/** Writes what differs from the file. */
function save({ statements, saved, book }: ClockBookContext): void {
  const { putOpen, dropOpen, putSet, dropSets } = statements;
  const before = new Map(saved.open.map((one) => [one.boot, one]));
  for (const one of book.open()) {
    if (before.get(one.boot) !== one) {
      const { boot, firstSeq, lastSeq, firstMonoMs, lastMonoMs, offsetMs } = one;
      putOpen.run(boot, firstSeq, lastSeq, firstMonoMs, lastMonoMs, offsetMs);
    }
    before.delete(one.boot);
  }
  for (const boot of before.keys()) dropOpen.run(boot);
  const lastSaved = saved.sets.at(-1)?.seq ?? 0;
  for (const { seq, boot, offsetMs, source, uncertaintyMs } of book.sets()) {
    if (seq > lastSaved) putSet.run(seq, boot, offsetMs, source, uncertaintyMs);
  }
  if (book.sets().length >= MAX_SETS) dropSets.run();
}

function noteSaved(context: ClockBookContext): void {
  context.saved = { open: [...context.book.open()], sets: [...context.book.sets()] };
  context.changed = false;
}
