/** A file of thousands of devices holds nobody up, and what others do meanwhile is not undone by it. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function site() {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  const store = openStore({ dir: folder.path, world: createTestWorld(), commitMaxDelayMs: 0 });
  cleanups.push(store.close);
  return { store, ...createDeviceImportService({ store, codecs: () => ['raw', 'cayenne'] }) };
}

const euiOf = (n: number) => n.toString(16).padStart(16, '0');
const FIRST = euiOf(0);
const DEVICES = 2_000;

/** A file of `DEVICES` personalised ones, with running counters. */
function fileOf(name: string): string {
  const rows = Array.from({ length: DEVICES }, (_, n) => {
    const devAddr = (n + 1).toString(16).padStart(8, '0');
    return `${euiOf(n)},${name} ${n},${devAddr},${'3'.repeat(32)},${'4'.repeat(32)},${'5'.repeat(32)},7`;
  });
  return ['dev_eui,name,dev_addr,nwk_s_key,app_s_key,app_key,f_cnt_up', ...rows].join('\n');
}

const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.threadCpuUsage(since);
  return (user + system) / 1000;
};

/** Processor time between the turns that others have until `task` is done. */
async function turnsDuring(task: Promise<unknown>): Promise<number[]> {
  let isDone = false;
  const done = task.finally(() => {
    isDone = true;
  });
  const turns: number[] = [];
  while (!isDone) {
    const before = process.threadCpuUsage();
    await nextTurn();
    turns.push(cpuMs(before));
  }
  await done;
  return turns;
}

describe('a file of thousands of devices', () => {
  test('leaves others their turn while it is planned and its keys are sealed; only its writing is one piece', async () => {
    const { store, importFile } = site();
    const turns = await turnsDuring(importFile(fileOf('a')));
    expect(store.devices.list()).toHaveLength(DEVICES);
    expect(store.devices.get(FIRST)?.nextFCntUp).toBe(7);
    const whole = turns.reduce((sum, turn) => sum + turn, 0);
    // In one piece, planning, sealing and writing were nine tenths of it.
    expect(Math.max(...turns)).toBeLessThan(whole * 0.6);
    const again = await turnsDuring(importFile(fileOf('a')));
    expect(Math.max(...again)).toBeLessThan(again.reduce((sum, turn) => sum + turn, 0) * 0.4);
  });

  test('takes in what is changed meanwhile', async () => {
    const { store, importFile } = site();
    await importFile(fileOf('before'));
    let isDone = false;
    const importing = importFile(fileOf('after')).finally(() => {
      isDone = true;
    });
    // In every turn until it is written, so that some fall between its plan and its writing.
    let turns = 0;
    for (; !isDone; turns++) {
      const known = store.devices.get(FIRST);
      if (!known || known.name === 'after 0') break;
      const { nextFCntUp: _up, lastSeq: _seq, lastSeenMs: _seen, ...device } = known;
      store.devices.put({ ...device, profile: `p${turns}` });
      await nextTurn();
    }
    await importing;
    expect(turns).toBeGreaterThan(10);
    expect(store.devices.get(FIRST)).toMatchObject({ name: 'after 0', profile: `p${turns - 1}` });
    expect(store.devices.list().every(({ name }) => name.startsWith('after'))).toBe(true);
  });

  test('leaves a device alone that joined meanwhile', async () => {
    const { store, importFile } = site();
    const importing = importFile(fileOf('a'));
    for (let turns = 0; turns < 25; turns++) await nextTurn();
    expect(store.devices.list()).toEqual([]);
    const session = { devEui: FIRST, fCntDown: 0, joinNonce: 1, state: '' };
    const stored = store.commit({ network: { sessions: [session] } });
    store.flush();
    await stored;
    expect(store.devices.list()).toEqual([]);
    await importing;
    expect(store.devices.get(FIRST)?.nextFCntUp).toBe(0);
    expect(store.devices.get(FIRST)?.abp).toBeUndefined();
    expect(store.devices.get(euiOf(1))?.nextFCntUp).toBe(7);
  });
});

test('A14: two devices of one DevAddr and key are told, which cannot be told apart', async () => {
  const { importFile } = site();
  const row = (n: number, key = '4') => `${euiOf(n)},01020304,${key.repeat(32)},${'5'.repeat(32)}`;
  const notesOf = async (...rows: string[]) => {
    const { created, changed } = await importFile(
      ['dev_eui,dev_addr,nwk_s_key,app_s_key', ...rows].join('\n'),
    );
    return [...created, ...changed].map(({ note }) => note);
  };
  const same = `${euiOf(1)} has the same DevAddr and keys: frames of both are taken for those of one`;
  expect(await notesOf(row(1), row(2, '6'), row(3))).toEqual([undefined, undefined, same]);
  expect(await notesOf(row(4), row(1, '7'))).toEqual([same, undefined]);
});
