/** A site moves to another folder by its backup: devices, counters, scripts, users and what the centre has of it. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { createCodecService } from '../../src/ingest/codec/codec-service.ts';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import { toRecord } from '../../src/ingest/reading.ts';
import { tell } from '../../src/model/said.ts';
import { createBackup } from '../../src/ops/backup.ts';
import { restoreBackup } from '../../src/ops/restore.ts';
import { createWorld } from '../../src/ops/world.ts';
import { openStore } from '../../src/store/store.ts';
import { openUsers } from '../../src/store/tables/users-file.ts';
import { createCentralSync } from '../../src/sync/site/central-sync.ts';
import { DEFAULTS } from '../support/config.ts';
import { createLorawanDevice, type LorawanDevice } from '../support/lorawan-device.ts';
import { createNetworkSite, type NetworkSite } from '../support/network-site.ts';
import { ABP, KEYS, payloadOf } from '../support/network-story.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';
import { startRedis } from '../support/redis.ts';
import { createTestWorld } from '../support/world.ts';

const SCRIPT = 'function decodeUplink({ bytes }) { return { data: { level: bytes[0] } }; }';
const TANK = '70b3d57ed0000002';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function newFolder(): string {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  return folder.path;
}

/** A site whose readings are decoded by its profiles and the scripts of its store; `ready` puts those to work. */
function scriptedSite(): { readonly site: NetworkSite; readonly ready: () => Promise<void> } {
  const codecs = createCodecs(createTestWorld());
  const site: NetworkSite = createNetworkSite({
    gateway: { deviceStatusHours: 0 },
    toRecord: (uplink, device) =>
      toRecord(uplink, device, codecs.decode, site.store().profiles.get(device?.profile ?? '')),
  });
  ends.push(site.close);
  const ready = () => createCodecService({ codecs, store: site.store(), world: site.world }).start();
  return { site, ready };
}

/** Puts the backup where the site is, which starts again on it. */
async function restoreAt(site: NetworkSite, folder: string): Promise<number> {
  await site.store().close();
  const outcome = await restoreBackup({ folder, dir: site.folder, world: site.world, allowEmpty: true });
  if (!outcome.restored) throw new Error(outcome.problems.map(({ detail }) => detail).join('; '));
  await site.crash();
  return outcome.epoch;
}

/** A confirmed uplink; the counter of its acknowledgement. */
async function confirmed(site: NetworkSite, device: LorawanDevice, level: number): Promise<number> {
  const sent = await site.exchange(
    device.uplink({ payload: Buffer.from([level]), confirmed: true, fPort: 2 }),
  );
  await site.pass(10_000);
  const received = device.receive(payloadOf(sent[0]));
  if (!received?.ack) throw new Error(`frame ${level} was not acknowledged`);
  return received.fCnt;
}

const levels = (site: NetworkSite) =>
  site.records('uplink').map(({ parsed }) => (parsed.fields as { level?: number }).level);

async function furnished() {
  const { site, ready } = scriptedSite();
  site.store().codecs.put({ name: 'acme', source: SCRIPT });
  site.store().profiles.put({ name: 'Acme level', codec: 'acme', adr: false });
  await ready();
  const { devEui, ...otaa } = KEYS;
  const common = { codec: 'raw', origin: 'api', profile: 'Acme level' } as const;
  site.store().devices.put({ devEui, name: 'Valve', otaa, ...common });
  site.store().devices.put({ devEui: TANK, name: 'Tank', abp: ABP, ...common });
  const valve = createLorawanDevice({ ...KEYS, region: REGIONS.EU868 });
  const tank = createLorawanDevice({ ...KEYS, devEui: TANK, region: REGIONS.EU868, abp: ABP });
  const [accept] = await site.exchange(valve.joinRequest());
  expect(valve.acceptJoin(payloadOf(accept))).toBe(true);
  await site.pass(10_000);
  return { site, valve, tank };
}

function backUp(site: NetworkSite, to: string, withKey = true) {
  return createBackup({ dir: site.folder, settings: [], to, version: '0.0.0', nowMs: 1, withKey });
}

describeWith(['redis-server'], 'a site that moves to another box by its backup', () => {
  test('decodes on, counts on, uses no downlink counter twice, and the centre has every record once', async () => {
    const folder = newFolder();
    const redis = await startRedis(folder);
    ends.push(redis.stop);
    const first = await furnished();
    const { valve, tank } = first;
    const used = new Map<LorawanDevice, number[]>([
      [valve, []],
      [tank, []],
    ]);
    const talk = async (site: NetworkSite, level: number) => {
      for (const [device, counters] of used) counters.push(await confirmed(site, device, level));
    };
    const deliver = async (site: NetworkSite) => {
      const world = createWorld(createTestWorld().logger);
      const config = { ...DEFAULTS.centre, url: redis.url };
      const limits = { maxDelayMs: 5, retryMinMs: 20 };
      const sync = createCentralSync({ store: site.store(), site: 'hut', world, config, limits });
      await sync.start();
      await eventually('delivered', () => sync.status().state === 'ok' && sync.status().pending === 0);
      await sync.stop();
    };

    await talk(first.site, 1);
    await deliver(first.site);
    await talk(first.site, 2);
    const to = join(folder, 'backup');
    await backUp(first.site, to);
    const backedUp = first.site.store().log.lastSeq();
    // What happens between the backup and the end of the box is not in it; the devices and the centre have seen it.
    await talk(first.site, 3);
    await deliver(first.site);

    const second = scriptedSite();
    const epoch = await restoreAt(second.site, to);
    expect(epoch).toBeGreaterThan(first.site.store().epoch());
    await second.ready();
    await talk(second.site, 4);
    await deliver(second.site);

    expect(levels(second.site)).toEqual([1, 1, 2, 2, 4, 4]);
    for (const counters of used.values()) {
      expect(new Set(counters).size).toBe(4);
      expect(counters).toEqual([...counters].sort((a, b) => a - b));
    }
    const entries = await redis.client.xrange('webscada:{hut}:log', '-', '+');
    const after = second.site.store().log.readAfter(backedUp, 1_000);
    const wanted = [...first.site.store().log.readAfter(0, 1_000), ...after].map(({ body }) => body);
    expect(entries.map(([, fields]) => fields[fields.indexOf('body') + 1]).sort()).toEqual(wanted.sort());

    // A device joins the box it is answered by now: its JoinNonce has leapt as well.
    const [accept] = await second.site.exchange(valve.joinRequest());
    expect(valve.acceptJoin(payloadOf(accept))).toBe(true);
  });
});

describe('restoring', () => {
  test('the same backup twice on one box leaps over what was used in between', async () => {
    const { site, tank } = await furnished();
    const to = join(newFolder(), 'backup');
    await backUp(site, to);
    const used: number[] = [];
    for (const level of [1, 2, 3]) {
      used.push(await confirmed(site, tank, level));
      await restoreAt(site, to);
    }
    used.push(await confirmed(site, tank, 4));
    expect(new Set(used).size).toBe(4);
    expect(site.store().epoch()).toBe(4);
  });

  test('keeps what was there aside, with users and certificate, and works without the log', async () => {
    const { site } = await furnished();
    const { users, close } = openUsers(site.folder);
    users.put({ name: 'ann', role: 'admin', password: 'x', createdMs: 1 });
    close();
    writeFileSync(join(site.folder, 'tls.pem'), 'of the first box');
    const to = join(newFolder(), 'backup');
    const options = { dir: site.folder, settings: [], to, version: '0.0.0', nowMs: 1, withKey: true };
    await site.store().close();
    expect((await createBackup({ ...options, maxLogBytes: 10 })).left).toEqual(['edge.db']);

    const dir = newFolder();
    const world = createTestWorld();
    await openStore({ dir, world }).close();
    writeFileSync(join(dir, 'tls.pem'), 'of the second box');
    const outcome = await restoreBackup({ folder: to, dir, world });
    expect(outcome).toMatchObject({ restored: true });
    const aside = 'aside' in outcome ? (outcome.aside ?? '') : '';
    expect(readFileSync(join(dir, 'tls.pem'), 'utf8')).toBe('of the first box');
    expect(readFileSync(join(aside, 'tls.pem'), 'utf8')).toBe('of the second box');
    expect(existsSync(join(aside, 'edge.db'))).toBe(true);
    const copied = openUsers(dir);
    expect(copied.users.list().map(({ name }) => name)).toEqual(['ann']);
    copied.close();
    const store = openStore({ dir, world });
    ends.push(store.close);
    expect(store.devices.get(KEYS.devEui)?.otaa?.appKey).toBe(KEYS.appKey);
  });

  test('changes nothing while the box runs, when the backup is damaged, or with another key', async () => {
    const { site } = await furnished();
    const to = join(newFolder(), 'backup');
    await backUp(site, to, false);
    expect(await restoreBackup({ folder: to, dir: site.folder, world: site.world })).toMatchObject({
      restored: false,
      running: true,
      problems: [tell('restore.running', { dir: site.folder })],
    });
    const dir = newFolder();
    const missing = await restoreBackup({ folder: to, dir, world: site.world });
    expect(missing).toMatchObject({ problems: [{ detail: expect.stringContaining('put it back') }] });
    writeFileSync(join(dir, 'device.key'), `${'ab'.repeat(32)}\n`);
    const wrong = await restoreBackup({ folder: to, dir, world: site.world });
    expect(wrong).toMatchObject({
      problems: [{ detail: expect.stringContaining('is not the key of this backup') }],
    });
    writeFileSync(join(to, 'edge.db'), 'x');
    const damaged = await restoreBackup({ folder: to, dir, world: site.world });
    expect(damaged).toMatchObject({
      restored: false,
      problems: [tell('restore.damaged', { name: 'edge.db' })],
    });
    expect(existsSync(join(dir, 'edge.db'))).toBe(false);
    expect(existsSync(join(dir, 'restoring'))).toBe(false);
  });
});

describe('the command line', () => {
  async function cli(...argv: string[]) {
    let text = '';
    const write = (more: string) => (text += more);
    const code = await runCli(argv, {
      runAppliance: () => Promise.reject(new Error('not here')),
      stdout: { write },
      stderr: { write },
      env: {},
      version: '0.0.0',
    });
    return { code, text };
  }

  test('takes store, key and settings along, and puts them where there are none', async () => {
    const place = newFolder();
    const [from, to] = [join(place, 'old'), join(place, 'new')];
    mkdirSync(from);
    const config = join(from, 'site.toml');
    const dir = join(place, 'data');
    writeFileSync(config, `[store]\ndir = "${dir}"\nreserve_bytes = 0\n`);
    const store = openStore({ dir, world: createTestWorld() });
    store.devices.put({ devEui: TANK, name: 'Tank', codec: 'raw', origin: 'api', abp: ABP });
    const backup = join(place, 'backup');
    const made = await cli('backup', 'create', '--to', backup, '--config', config);
    expect(made.code).toBe(0);
    expect(made.text).toMatch(/device\.key.*edge\.db.*keys\.json.*site\.toml/s);
    const restored = join(to, 'site.toml');
    expect((await cli('backup', 'restore', backup, '--config', restored)).code).toBe(1);
    expect(existsSync(restored)).toBe(false);
    expect((await cli('backup', 'restore', backup, '--config', restored, '--yes')).code).toBe(75);
    // S15: what is refused has not written the settings either.
    expect(existsSync(restored)).toBe(false);
    await store.close();
    const done = await cli('backup', 'restore', backup, '--config', restored, '--yes');
    expect(done).toMatchObject({ code: 0, text: expect.stringContaining('restored as epoch 2') });
    expect(done.text).toContain(`in ${dir}: 0 records, 1 device (epoch 1)`);
    expect(readFileSync(restored, 'utf8')).toBe(readFileSync(config, 'utf8'));
    const again = openStore({ dir, world: createTestWorld() });
    ends.push(again.close);
    expect(again.devices.get(TANK)?.abp).toEqual(ABP);
    expect(again.epoch()).toBe(2);
  });
});
