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

/** The book in `db`. */
export function createClockBookTable(db: Sqlite): ClockBookTable {
  const selectOpen = db.prepare(
    `SELECT boot, first_seq AS firstSeq, last_seq AS lastSeq, first_mono AS firstMonoMs, last_mono AS lastMonoMs,
       offset AS offsetMs FROM boots ORDER BY first_seq`,
  );
  const selectSets = db.prepare(
    'SELECT seq, boot, offset AS offsetMs, source, uncertainty AS uncertaintyMs FROM clock_sets WHERE seq > 0 ORDER BY seq',
  );
  const isKept = db.prepare('SELECT 1 FROM clock_sets WHERE seq = 0');
  const clocked = db.prepare(
    `SELECT seq, time AS timeMs, body FROM log WHERE instr(body, '"clock":{') OR instr(body, '"clock_set"') ORDER BY seq`,
  );
  const putOpen = db.prepare('INSERT OR REPLACE INTO boots VALUES (?, ?, ?, ?, ?, ?)');
  const dropOpen = db.prepare('DELETE FROM boots WHERE boot = ?');
  const putSet = db.prepare('INSERT OR REPLACE INTO clock_sets VALUES (?, ?, ?, ?, ?)');
  const dropSets = db.prepare(
    `DELETE FROM clock_sets WHERE seq > 0 AND seq <= (SELECT seq FROM clock_sets ORDER BY seq DESC LIMIT 1 OFFSET ${MAX_SETS})`,
  );
  let saved = load();
  let book = createClockBook(saved.open, saved.sets);
  let changed = false;

  function load() {
    return { open: selectOpen.all() as OpenBoot[], sets: selectSets.all() as ClockSet[] };
  }

  /** The first time a file is opened: row 0 says that the tables are as complete as the log. */
  function makeOnce(): void {
    if (isKept.get() !== undefined) return;
    for (const row of clocked.iterate() as IterableIterator<{ seq: number; timeMs: number; body: string }>) {
      const body = JSON.parse(row.body) as SystemBody;
      book.note(row.seq, { kind: 'system', timeMs: row.timeMs, device: null, body });
    }
    db.transaction(() => {
      save();
      putSet.run(0, '', 0, '', null);
    })();
    committed();
  }

  function save(): void {
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

  function committed(): void {
    saved = { open: [...book.open()], sets: [...book.sets()] };
    changed = false;
  }

  makeOnce();
  return {
    book: {
      open: () => book.open(),
      setFor: (boot, seq) => book.setFor(boot, seq),
      lastSet: () => book.lastSet(),
      firstOpenSeq: () => book.firstOpenSeq(),
    },
    note(seq, record) {
      if (book.note(seq, record)) changed = true;
    },
    save: () => changed && save(),
    committed: () => changed && committed(),
    rolledBack() {
      if (!changed) return;
      saved = load();
      book = createClockBook(saved.open, saved.sets);
      changed = false;
    },
  };
}
