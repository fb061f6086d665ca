/** A full disk is one of the faults a support bundle is asked for: it comes whole, and takes no room there. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fillUp } from '../../scripts/full-disk.ts';
import { BUNDLED, type Status, startAppliance, writeSettings } from '../support/appliance-process.ts';
import { needs } from '../support/needs.ts';
import { type OwnDisk, ownDisk } from '../support/own-disk.ts';
import { eventually, freePort, temporaryFolder } from '../support/process.ts';
import { unpacked } from '../support/unpacked.ts';

const REFUSED = /store\.(disk_filled_by_others|commit_refused)/;

interface Files {
  readonly settings: string;
  readonly names: readonly string[];
}

/** A box whose disk somebody else fills, again and again, and that cannot store any more; what its bundle has to have. */
async function fullBox(card: OwnDisk, folder: string): Promise<Files & { readonly url: string }> {
  const [port, brokerPort] = [await freePort(), await freePort()];
  const settings = writeSettings(folder, {
    site: { id: 'hut' },
    http: { port, host: '127.0.0.1' },
    store: { dir: join(card.path, 'data'), reserve_bytes: 4_000_000 },
    mqtt: { mode: 'embedded', embedded_port: brokerPort },
    simulator: { enabled: true, interval_s: 1 },
  });
  const box = await startAppliance(settings, port);
  onTestFinished(async () => void (await box.stop()));
  const status = () => box.get<Status>('/api/v1/status');
  await eventually('readings', async () => (await status()).store.lastSeq > 3, 30_000);
  const filling = setInterval(() => fillUp(join(card.path, 'other'), 0, card.path), 20);
  onTestFinished(() => clearInterval(filling));
  await eventually('not ready', async () => (await fetch(`${box.url}/readyz`)).status === 503, 60_000);
  const log = async () => (await fetch(`${box.url}/api/v1/support/files/log.ndjson`)).text();
  await eventually('readings are refused', async () => REFUSED.test(await log()), 60_000);
  const { items } = await box.get<{ items: { name: string }[] }>('/api/v1/support');
  return { settings, names: items.map(({ name }) => name), url: box.url };
}

/** The verb, as it is shipped. */
async function supportBundle(settings: string, to: string) {
  const [command, ...args] = BUNDLED;
  const child = spawn(command, [...args, 'support-bundle', '--config', settings, '--to', to]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said };
}

/** Disks of the test's own, each in a folder of its own; fewer where this machine gives none. */
function disks(count: number): OwnDisk[] {
  return Array.from({ length: count }, () => {
    const { path, remove } = temporaryFolder();
    onTestFinished(remove);
    const disk = ownDisk(path);
    if (disk) onTestFinished(disk.remove);
    return disk;
  }).filter((disk) => disk !== undefined);
}

test('a bundle that is asked for while the disk is full has everything, and is on a full one whole or not at all', async (context) => {
  const folder = temporaryFolder();
  onTestFinished(folder.remove);
  const [card, stick] = disks(2);
  needs(context, 'small-disk', stick !== undefined);
  if (!card || !stick) return;
  const { settings, names, url } = await fullBox(card, folder.path);
  const there = readdirSync(card.path);

  const answer = await fetch(`${url}/api/v1/support/bundle`);
  const files = unpacked(Buffer.from(await answer.arrayBuffer()));
  expect(Object.keys(files)).toEqual(names);
  expect(Object.entries(files).filter(([, text]) => text.startsWith('not to be had'))).toEqual([]);
  expect(JSON.parse(files['status.json'] ?? '')).toMatchObject({ store: { state: 'degraded' } });
  expect(files['doctor.json']).toContain('0.0 GB free');
  expect(files['log.ndjson']).toMatch(REFUSED);

  const elsewhere = join(folder.path, 'support.tar.gz');
  expect(await supportBundle(settings, elsewhere)).toMatchObject({ code: 0 });
  expect(Object.keys(unpacked(readFileSync(elsewhere)))).toEqual(names);
  expect(readdirSync(card.path)).toEqual(there);

  // A stick that has no room left, and one of last week on it.
  const before = join(stick.path, 'before.tar.gz');
  writeFileSync(before, 'of last week');
  fillUp(join(stick.path, 'other'), 0, stick.path);
  const full = { code: 1, said: expect.stringMatching(/cannot be written: .*(ENOSPC|no space left)/i) };
  for (const name of ['support.tar.gz', 'before.tar.gz'])
    expect([name, await supportBundle(settings, join(stick.path, name))]).toEqual([name, full]);
  expect(readFileSync(before, 'utf8')).toBe('of last week');
  expect(readdirSync(stick.path).sort()).toEqual(['before.tar.gz', 'lost+found', 'other']);
}, 240_000);
