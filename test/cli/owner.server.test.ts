/** L2, L3: root at work in a folder that belongs to the service's user, which has to go on with what root leaves there. */
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createBackup } from '../../src/ops/backup.ts';
import { restoreBackup } from '../../src/ops/restore.ts';
import { openStore } from '../../src/store/store.ts';
import { BUNDLED } from '../support/appliance-process.ts';
import { describeNeeding, isRoot } from '../support/needs.ts';
import { freePort, temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const SERVICE = 12_345;

let folder: ReturnType<typeof temporaryFolder>;
let dir: string;
beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
});
afterEach(() => folder.remove());

/** A store of the service's user, with pages of its log that are damaged. */
async function damagedStore(): Promise<void> {
  const store = openStore({ dir, world: createTestWorld(), commitMaxDelayMs: 0 });
  const record = {
    timeMs: 1,
    kind: 'system',
    device: null,
    body: { event: 'test', text: 'x'.repeat(300) },
  } as const;
  await store.commit({ records: Array.from({ length: 200 }, () => record), urgent: true });
  await store.close();
  const fd = openSync(join(dir, 'edge.db'), 'r+');
  writeSync(fd, Buffer.alloc(8 * 2_048, 0xaa), 0, 8 * 2_048, 2_048 * 24);
  closeSync(fd);
  for (const name of ['.', ...readdirSync(dir)]) chownSync(join(dir, name), SERVICE, SERVICE);
}

const owners = () => readdirSync(dir).map((name) => `${name} ${statSync(join(dir, name)).uid}`);

describeNeeding('root', isRoot, 'root in the folder of the service', () => {
  test('L2: store repair leaves every file to the owner of the folder, and nothing else', async () => {
    await damagedStore();
    const outside = join(folder.path, 'outside');
    writeFileSync(outside, 'root’s');
    symlinkSync(outside, join(dir, 'link'));
    let said = '';
    const write = (text: string) => (said += text);
    const code = await runCli(['store', 'repair', '--dir', dir], {
      runAppliance: async () => 0,
      stdout: { write },
      stderr: { write },
      env: {},
      version: '0',
    });
    expect([code, said]).toEqual([3, expect.stringContaining('repaired')]);
    const own = owners().filter((line) => !line.startsWith('link '));
    expect(own.length).toBeGreaterThan(3);
    expect(own.filter((line) => !line.endsWith(` ${SERVICE}`))).toEqual([]);
    expect(statSync(outside).uid).toBe(0);
  });

  test('a restore leaves every file to the owner of the folder, and nothing that a link of his leads to', async () => {
    await damagedStore();
    const [fresh, to] = [join(folder.path, 'fresh'), join(folder.path, 'backup')];
    const store = openStore({ dir: fresh, world: createTestWorld(), commitMaxDelayMs: 0 });
    const record = { timeMs: 1, kind: 'system', device: null, body: { event: 'test' } } as const;
    await store.commit({ records: [record], urgent: true });
    await store.close();
    await createBackup({ dir: fresh, settings: [], to, version: '0', nowMs: 1, withKey: true });
    // Not there: who gets it, once root has made it by the link, would be root the next day.
    const outside = join(folder.path, 'outside');
    rmSync(join(dir, 'lock'), { force: true });
    symlinkSync(outside, join(dir, 'lock'));
    const world = createTestWorld();
    expect(await restoreBackup({ folder: to, dir, world, allowEmpty: true })).toMatchObject({
      restored: true,
    });
    expect(statSync(outside).uid).toBe(0);
    const foreign = owners().filter((line) => !line.endsWith(` ${SERVICE}`) && !line.startsWith('lock '));
    expect(foreign.filter((line) => !line.startsWith('before-restore-'))).toEqual([]);
  });

  test.each(['a store', 'no store yet'])(
    'L3: run refuses at once where there is %s, says whose it is, and writes nothing',
    async (what) => {
      await damagedStore();
      if (what === 'no store yet')
        for (const name of readdirSync(dir)) spawnSync('rm', ['-f', join(dir, name)]);
      const before = owners();
      const [command, ...args] = BUNDLED;
      const set = [
        `store.dir=${dir}`,
        `http.port=${await freePort()}`,
        `mqtt.embedded_port=${await freePort()}`,
      ];
      const options = set.flatMap((each) => ['--set', each]);
      const run = spawnSync(command, [...args, 'run', ...options], { encoding: 'utf8', timeout: 30_000 });
      expect(run.status).toBe(77);
      expect(run.stdout).toContain('appliance.wrong_user');
      expect(run.stdout).toContain(`sudo -u '#${SERVICE}'`);
      expect(owners()).toEqual(before);
    },
  );
});
