/** The audit trail: a chain that shows what was changed, taken out or put in, bounded, and written by two processes at once. */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { chainHash, openAudit } from '../../src/store/tables/audit.ts';
import { openUsers } from '../../src/store/tables/users-file.ts';
import { temporaryFolder } from '../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const deed = (what: string) => ({ who: 'user ada', from: '192.0.2.7', what });

function write(count: number): void {
  const { audit, close } = openAudit(folder.path);
  for (let at = 1; at <= count; at++) audit.append(deed(`deed ${at}`), 1_000 + at);
  close();
}

/** What somebody with the file in hand may do to it. */
function tamper(sql: string): void {
  const db = new Database(join(folder.path, 'audit.db'));
  db.exec(sql);
  db.close();
}

async function check() {
  const { audit, close } = openAudit(folder.path);
  try {
    return await audit.check();
  } finally {
    close();
  }
}

test('each entry is chained to the one before, and anybody can work it out again', async () => {
  write(3);
  const { audit, close } = openAudit(folder.path);
  let before = '0'.repeat(64);
  for (const { body, hash } of audit.lines(0, 10)) {
    expect(hash).toBe(chainHash(before, body));
    before = hash;
  }
  expect(audit.list(3, 10).map(({ seq, what }) => [seq, what])).toEqual([
    [2, 'deed 2'],
    [1, 'deed 1'],
  ]);
  expect(await audit.check()).toEqual({ entries: 3, firstSeq: 1, lastSeq: 3, head: before });
  close();
});

test.each([
  ['changed', `UPDATE entries SET body = replace(body, 'ada', 'bob') WHERE seq = 3`, 3],
  ['given another time', 'UPDATE entries SET time = 5 WHERE seq = 4', 4],
  ['taken out', 'DELETE FROM entries WHERE seq = 2', 2],
  ['the oldest taken out', 'DELETE FROM entries WHERE seq = 1', 1],
  [
    'changed with its own hash',
    `UPDATE entries SET body = 'x', hash = '${chainHash('0'.repeat(64), 'x')}' WHERE seq = 1`,
    1,
  ],
])('an entry that was %s is found', async (_, sql, brokenAt) => {
  write(5);
  tamper(sql);
  expect(await check()).toMatchObject({ brokenAt });
});

test('the newest taken out are found where they are in the log', async () => {
  write(5);
  tamper(`INSERT INTO marks VALUES ('told', 5, ''); DELETE FROM entries WHERE seq > 3`);
  expect(await check()).toMatchObject({ lastSeq: 3, brokenAt: 4 });
});

test('only so many are kept, and the chain begins where the rest went', async () => {
  const { audit, close } = openAudit(folder.path, { byHand: {} });
  for (let at = 1; at <= 20_250; at++) audit.append(deed('x'), at);
  const found = await audit.check();
  expect(found).toMatchObject({ firstSeq: 201, lastSeq: 20_250, entries: 20_050 });
  expect(found).not.toHaveProperty('brokenAt');
  close();
});

test('two processes chain to each other', async () => {
  const [one, two] = [openAudit(folder.path), openAudit(folder.path)];
  for (let at = 0; at < 5; at++) {
    one.audit.append(deed('one'), at);
    two.audit.append(deed('two'), at);
  }
  expect(await one.audit.check()).toMatchObject({ entries: 10, lastSeq: 10 });
  one.close();
  two.close();
});

test('an entry of any size is bounded', () => {
  const { audit, close } = openAudit(folder.path);
  audit.append({ ...deed('x'), on: 'y'.repeat(10_000), detail: { much: 'z'.repeat(100_000) } }, 1);
  expect(audit.lines(0, 1)[0]?.body.length).toBeLessThan(4_096);
  close();
});

test('the verb says whether it is whole, by its exit code too, and reset-admin is in it', async () => {
  const run = async (...words: string[]) => {
    const written = { out: '' };
    const exit = await runCli([...words, '--set', `store.dir=${folder.path}`], {
      runAppliance: () => Promise.reject(new Error('not asked for')),
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.out += text) },
      env: {},
      version: '0.1.0',
    });
    return { exit, out: written.out };
  };
  expect(await run('audit', 'verify')).toMatchObject({
    exit: 1,
    out: expect.stringContaining('no such file'),
  });
  openUsers(folder.path).close();
  expect((await run('reset-admin')).exit).toBe(0);
  write(2);
  expect(await run('audit', 'verify')).toMatchObject({
    exit: 0,
    out: expect.stringContaining('whole: 3 entries'),
  });
  tamper('DELETE FROM entries WHERE seq = 2');
  const { exit, out } = await run('audit', 'verify', '--json');
  expect([exit, JSON.parse(out)]).toEqual([1, expect.objectContaining({ brokenAt: 2, entries: 1 })]);
});
