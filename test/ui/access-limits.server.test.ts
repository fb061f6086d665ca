/** What one may ask and try how often: what slows an attacker down and keeps nobody else out. */
import { afterEach, describe, expect, test } from 'vitest';
import { type AccessBox, createAccessBox, PASSWORD } from '../support/access-box.ts';
import { temporaryFolder } from '../support/process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function folder(): string {
  const made = temporaryFolder();
  cleanups.push(made.remove);
  return made.path;
}

/** A box that stops with the test. */
async function start(dir = folder()): Promise<AccessBox> {
  const box = await createAccessBox({ dir });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) await box.stop();
    stopped = true;
  };
  cleanups.push(stop);
  return { ...box, stop };
}

describe('limits', () => {
  test('logins are limited by address, good ones are free, and waiting helps', async () => {
    const box = await start();
    await box.claim();
    for (let n = 0; n < 15; n += 1) expect((await box.login('ada')).status).toBe(200);
    for (let n = 0; n < 10; n += 1) await box.login(`name${n}`, 'wrong');
    const byAddress = await box.login('ada');
    expect(byAddress).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
    expect((await box.login('ada', PASSWORD, '192.0.2.8')).status).toBe(200);
    box.world.advance(10_000);
    expect((await box.login('ada')).status).toBe(200);
  });

  test('S11: one address locks a name for itself alone, however long it goes on', async () => {
    const box = await start();
    await box.claim();
    for (let n = 0; n < 10; n += 1) expect((await box.login('ada', 'wrong', '10.0.0.1')).status).toBe(403);
    expect((await box.login('ada', 'wrong', '10.0.0.1')).status).toBe(429);
    box.world.advance(10_000);
    // The address has one again, the name from there has not.
    expect((await box.login('Ada', PASSWORD, '10.0.0.1')).status).toBe(429);
    expect((await box.login('bob', 'wrong', '10.0.0.1')).status).toBe(403);
    for (let n = 0; n < 20; n += 1) {
      box.world.advance(30_000);
      expect((await box.login('ada', 'wrong', '10.0.0.1')).status).toBe(403);
    }
    expect((await box.login('ada', PASSWORD, '10.0.1.1')).status).toBe(200);
  });

  test('S11: many addresses at one name keep out new addresses, not those that have been in, also over a restart', async () => {
    const dir = folder();
    const first = await start(dir);
    await first.claim();
    expect((await first.login('ada', PASSWORD, '10.9.9.9')).status).toBe(200);
    await first.stop();
    const box = await start(dir);
    const statuses: number[] = [];
    for (let n = 0; n < 12; n += 1) {
      for (let m = 0; m < 9; m += 1) {
        statuses.push((await box.login('ada', 'wrong', `10.0.0.${n}`)).status);
      }
    }
    expect(statuses.filter((status) => status === 403)).toHaveLength(100);
    const stranger = await box.login('ada', PASSWORD, '10.0.1.1');
    expect(stranger).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
    expect((await box.login('Ada', PASSWORD, '10.9.9.9')).status).toBe(200);
    box.world.advance(10_000);
    expect((await box.login('ada', PASSWORD, '10.0.1.1')).status).toBe(200);
    expect((await box.login('ada', PASSWORD, '10.0.1.1')).status).toBe(200);
  }, 90_000);

  test('S11: passwords of 250 strangers at once do not keep out those who have been in', async () => {
    const box = await start();
    await box.claim();
    const strangers = Array.from({ length: 250 }, (_, n) => box.login('ada', 'wrong', `10.0.0.${n}`));
    const owner = await box.login('ada');
    expect(owner.status).toBe(200);
    const statuses = (await Promise.all(strangers)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([403, 429, 503]));
  });

  test('S11: addresses are kept for the latest ten of a name and go with the user', async () => {
    const box = await start();
    const cookie = await box.claim();
    const body = { name: 'Bob', password: PASSWORD, role: 'viewer' };
    await box.ask('/api/v1/users', { method: 'POST', cookie, body });
    for (let n = 0; n < 12; n += 1) await box.login('bob', PASSWORD, `10.0.0.${n}`);
    const ofBob = () => box.users.seen.list().filter(({ user }) => user === 'bob');
    expect(ofBob().map(({ address }) => address)).toEqual(
      Array.from({ length: 10 }, (_, n) => `10.0.0.${n + 2}`),
    );
    await box.ask('/api/v1/users/bob', { method: 'DELETE', cookie });
    expect(ofBob()).toEqual([]);
    expect(box.users.seen.list()).toEqual([{ user: 'ada', address: '192.0.2.7' }]);
  });

  test('requests are limited by caller, generously', async () => {
    const box = await start();
    const cookie = await box.claim();
    const statuses: number[] = [];
    for (let n = 0; n < 310; n += 1) statuses.push((await box.ask('/api/v1/status', { cookie })).status);
    expect(statuses.slice(0, 250).every((status) => status === 200)).toBe(true);
    expect(statuses.at(-1)).toBe(429);
    expect((await box.ask('/api/v1/status', { cookie })).headers['retry-after']).toBe('1');
    expect((await box.ask('/healthz')).status).toBe(200);
    box.world.advance(1_000);
    expect((await box.ask('/api/v1/status', { cookie })).status).toBe(200);
  });

  test('S5: bodies count by their size, what they hold does not matter', async () => {
    const box = await start();
    const cookie = await box.claim();
    const body = { name: 'x'.repeat(900_000) };
    const statuses: number[] = [];
    for (let n = 0; n < 20; n += 1) {
      statuses.push((await box.ask('/api/v1/devices', { method: 'POST', cookie, body })).status);
    }
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 422));
    expect(statuses.slice(11)).toEqual(Array.from({ length: 9 }, () => 429));
    box.world.advance(2_000);
    expect((await box.ask('/api/v1/status', { cookie })).status).toBe(200);
  });
});
