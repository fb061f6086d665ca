/** Users of the embedded broker made by several processes at the same moment: each is there afterwards. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { brokerUsers, isBrokerUser } from '../../src/store/broker-users.ts';
import { temporaryFolder } from '../support/process.ts';

const MODULE = new URL('../../src/store/broker-users.ts', import.meta.url).href;
const PROCESSES = 6;
const USERS_EACH = 8;

test('no user is lost when several make some at once', async () => {
  const folder = temporaryFolder();
  const file = join(folder.path, 'broker-users.json');
  const run = promisify(execFile);
  const ofProcess = (n: number): string[] =>
    Array.from({ length: USERS_EACH }, (_, at) => `00000000000${n}00${at.toString(16)}0`.slice(0, 16));
  // All wait for one moment, so that they meet.
  const atMs = Date.now() + 3_000;
  const made = await Promise.all(
    Array.from({ length: PROCESSES }, async (_, n) => {
      const script = `import { addBrokerUser } from '${MODULE}';
        while (Date.now() < ${atMs});
        console.log(JSON.stringify(${JSON.stringify(ofProcess(n))}.map((id) => [id, addBrokerUser('${file}', id)])));`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
      return JSON.parse(stdout) as [string, string][];
    }),
  );
  const users = made.flat();
  expect(brokerUsers(file)).toEqual(users.map(([id]) => id).sort());
  for (const [id, password] of users) expect(isBrokerUser(file, id, password)).toBe(true);
  expect(readdirSync(folder.path)).toEqual(['broker-users.json']);
  folder.remove();
}, 60_000);
