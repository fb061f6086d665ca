/** Claim, login, sessions, tokens: what lets somebody in, and what ends it. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { openUsers } from '../../src/store/tables/users-file.ts';
import { newClaimCode, plainClaimCode } from '../../src/ui/access/secret.ts';
import {
  type AccessBox,
  type AccessBoxOptions,
  cookieOf,
  createAccessBox,
  HOUR_MS,
  PASSWORD,
} from '../support/access-box.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

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
async function start(dir = folder(), more: Omit<AccessBoxOptions, 'dir'> = {}): Promise<AccessBox> {
  const box = await createAccessBox({ dir, ...more });
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) await box.stop();
    stopped = true;
  };
  cleanups.push(stop);
  return { ...box, stop };
}

const claimWith = (box: AccessBox, code: string, address = '192.0.2.7') =>
  box.ask('/api/v1/access/claim', {
    method: 'POST',
    body: { code, name: 'ada', password: PASSWORD },
    address,
  });
const whoIs = async (box: AccessBox, cookie: string) =>
  (await box.ask('/api/v1/access', { cookie })).json.user;

describe('the claim', () => {
  test('the code in the log makes an administrator, once, however it is typed', async () => {
    const box = await start();
    expect((await box.ask('/api/v1/access')).json).toMatchObject({
      mode: 'required',
      claimed: false,
      claimPending: true,
    });
    const typed = ` ${box.claimCode().toLowerCase().replace('-', ' ')}`;
    const claimed = await claimWith(box, typed);
    expect(claimed).toMatchObject({
      status: 200,
      json: { claimed: true, claimPending: false, user: { name: 'ada', role: 'admin' } },
    });
    expect((await box.ask('/api/v1/status', { cookie: cookieOf(claimed) })).status).toBe(200);
    expect((await claimWith(box, box.claimCode())).status).toBe(403);
  });

  test('the code is kept as a hash only, and a second start does not show it again', async () => {
    const dir = folder();
    const box = await start(dir);
    const code = box.claimCode();
    await box.stop();
    const bytes = readFileSync(join(dir, 'access.db')).toString('latin1');
    expect(bytes).toContain('$argon2id$');
    expect(bytes).not.toContain(plainClaimCode(code));
    const again = await start(dir);
    expect(again.world.logged.map(({ fields }) => fields)).toEqual([
      { hint: expect.stringContaining('reset-admin') },
    ]);
    expect((await claimWith(again, code)).status).toBe(200);
  });

  test('wrong codes lock the claim, for longer and longer, for every address, and a restart does not shorten it', async () => {
    const dir = folder();
    const box = await start(dir);
    const code = box.claimCode();
    for (let n = 0; n < 5; n += 1)
      expect((await claimWith(box, 'AAAA-AAAA', `10.0.0.${n}`)).status).toBe(403);
    const locked = await claimWith(box, code, '10.0.1.1');
    expect(locked).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
    await box.stop();
    const again = await start(dir);
    expect((await claimWith(again, code)).status).toBe(429);
    again.world.advance(60_000);
    expect((await claimWith(again, 'BBBB-BBBB')).status).toBe(403);
    expect((await claimWith(again, code)).headers['retry-after']).toBe('120');
    again.world.advance(120_000);
    expect((await claimWith(again, code)).status).toBe(200);
  });

  test('many wrong codes at the same time count as many', async () => {
    const box = await start();
    const answers = await Promise.all(Array.from({ length: 8 }, () => claimWith(box, 'AAAA-AAAA')));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(3);
  });

  test('of two who give the right code at the same time one gets in', async () => {
    const box = await start();
    const answers = await Promise.all([claimWith(box, box.claimCode()), claimWith(box, box.claimCode())]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
  });

  test('a short password or an odd name is refused with the place of the mistake', async () => {
    const box = await start();
    const body = { code: box.claimCode(), name: '<b>', password: 'short' };
    const { status, json } = await box.ask('/api/v1/access/claim', { method: 'POST', body });
    expect(status).toBe(422);
    expect(json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(['/name', '/password']);
  });

  test('claim codes hold no sign that looks like another one', () => {
    for (let n = 0; n < 200; n += 1)
      expect(newClaimCode()).toMatch(/^[2-9BCDFGHJKMNPQRSTVWXZ]{4}-[2-9BCDFGHJKMNPQRSTVWXZ]{4}$/);
  });

  test('users that cannot be read are set aside, and the box is unclaimed but not open', async () => {
    const dir = folder();
    const box = await start(dir);
    await box.claim();
    await box.stop();
    writeFileSync(join(dir, 'access.db'), Buffer.alloc(8192, 7));
    const aside: string[] = [];
    openUsers(dir, { onDamaged: (file) => aside.push(file) }).close();
    expect(aside).toEqual([join(dir, 'access.db.damaged')]);
    const again = await start(dir);
    expect((await again.ask('/api/v1/status')).json.type).toMatch(/:unclaimed$/);
    expect(statSync(join(dir, 'access.db')).mode & 0o777).toBe(0o600);
  });
});

describe('login and sessions', () => {
  test('a wrong password and an unknown name get the same answer, byte for byte', async () => {
    const box = await start();
    await box.claim();
    const [wrong, unknown] = [
      await box.login('ada', 'not the password'),
      await box.login('eve', 'not the password'),
    ];
    expect(wrong).toEqual(unknown);
    expect(wrong.status).toBe(403);
    expect(wrong.headers).not.toHaveProperty('set-cookie');
  });

  test('the name may be typed in any case; the cookie is for this box alone, and Secure behind TLS', async () => {
    const box = await start();
    await box.claim();
    const plain = await box.login('ADA');
    const [pair, ...attributes] = plain.headers['set-cookie']?.split('; ') ?? [];
    expect(pair).toMatch(/^wse-session=[\w-]{43}$/);
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Strict']);
    const body = { name: 'ada', password: PASSWORD };
    const secure = await box.ask('/api/v1/session', { method: 'POST', body, secure: true });
    expect(secure.headers['set-cookie']).toMatch(/^__Host-wse-session=.*; Secure(;|$)/);
    expect(secure.json.user).toEqual({ name: 'ada', role: 'admin' });
    // A cookie that a plain page may have set is none behind TLS.
    expect((await box.ask('/api/v1/status', { cookie: cookieOf(plain), secure: true })).status).toBe(401);
  });

  test('a logout ends the session and no other', async () => {
    const box = await start();
    const [first, second] = [await box.claim(), cookieOf(await box.login('ada'))];
    const out = await box.ask('/api/v1/session', { method: 'DELETE', cookie: first });
    expect(out.status).toBe(204);
    expect(out.headers['set-cookie']).toContain('Max-Age=0');
    expect([await whoIs(box, first), await whoIs(box, second)]).toEqual([
      null,
      { name: 'ada', role: 'admin' },
    ]);
  });

  test('a session ends a day after its last use, and 30 days after the login however much it is used', async () => {
    const box = await start();
    const [used, idle] = [await box.claim(), cookieOf(await box.login('ada'))];
    let hours = 0;
    const lasted: unknown[] = [];
    while ((await whoIs(box, used)) !== null && hours < 2_000) {
      if (hours === 25) lasted.push(await whoIs(box, idle));
      box.world.advance(HOUR_MS);
      hours += 1;
    }
    expect({ lasted, hours }).toEqual({ lasted: [null], hours: 720 });
  });

  test.each([
    ['1970', 0],
    ['2099', Date.UTC(2099, 0, 1)],
  ])('a clock that says %s after a restart neither ends a session nor makes it last', async (_, wrongMs) => {
    const dir = folder();
    const times = { idleMs: 24 * HOUR_MS, maxMs: 48 * HOUR_MS };
    const box = await start(dir, { times });
    const cookie = await box.claim();
    await box.stop();
    let starts = 0;
    let last = await start(dir, { times, world: createTestWorld(wrongMs) });
    expect(await whoIs(last, cookie)).toEqual({ name: 'ada', role: 'admin' });
    // Started again and again, with no time passing on the wrong clock: it ends all the same.
    while ((await whoIs(last, cookie)) !== null && starts < 1_000) {
      await last.stop();
      last = await start(dir, { times, world: createTestWorld(wrongMs) });
      starts += 1;
    }
    expect(starts).toBeGreaterThan(10);
    expect(starts).toBeLessThanOrEqual(48 * 6);
  });

  test('a changed password ends the other sessions, a removed user has none', async () => {
    const box = await start();
    const admin = await box.claim();
    const post = (body: object) => box.ask('/api/v1/users', { method: 'POST', cookie: admin, body });
    expect((await post({ name: 'vic', password: PASSWORD, role: 'viewer' })).status).toBe(201);
    expect((await post({ name: 'VIC', password: PASSWORD, role: 'admin' })).status).toBe(409);
    const [one, two] = [cookieOf(await box.login('vic')), cookieOf(await box.login('vic'))];
    const change = (current: string) =>
      box.ask('/api/v1/session/password', {
        method: 'PUT',
        cookie: one,
        body: { current, new: 'another long one' },
      });
    expect([(await change('wrong')).status, (await change(PASSWORD)).status]).toEqual([403, 204]);
    expect([await whoIs(box, one), await whoIs(box, two)]).toEqual([{ name: 'vic', role: 'viewer' }, null]);
    expect((await box.login('vic')).status).toBe(403);
    await box.ask('/api/v1/users/vic', { method: 'DELETE', cookie: admin });
    await post({ name: 'vic', password: PASSWORD, role: 'viewer' });
    expect(await whoIs(box, one)).toBeNull();
  });

  test('the last administrator can neither go nor become a viewer', async () => {
    const box = await start();
    const cookie = await box.claim();
    const remove = await box.ask('/api/v1/users/ada', { method: 'DELETE', cookie });
    const change = await box.ask('/api/v1/users/ada', { method: 'PATCH', cookie, body: { role: 'viewer' } });
    expect([remove.status, change.status]).toEqual([409, 409]);
    expect(await whoIs(box, cookie)).toEqual({ name: 'ada', role: 'admin' });
  });

  test('a change asked for by a page of another site is refused in spite of the cookie', async () => {
    const box = await start();
    const cookie = await box.claim();
    const headers = { origin: 'http://192.0.2.99', 'sec-fetch-site': 'cross-site' };
    expect((await box.ask('/api/v1/session', { method: 'DELETE', cookie, headers })).status).toBe(403);
    expect(await whoIs(box, cookie)).not.toBeNull();
  });

  test('a live connection ends with the session it was opened with', async () => {
    const box = await start();
    const cookie = await box.claim();
    const caller = box.access.identify({ session: cookie.split('=')[1] });
    expect(box.access.lasts(caller)).toBe(true);
    await box.ask('/api/v1/session', { method: 'DELETE', cookie });
    expect(box.access.lasts(caller)).toBe(false);
  });

  test('nothing secret is in the log or in an answer but where it is handed over', async () => {
    const box = await start();
    const cookie = await box.claim();
    await box.login('ada', 'a wrong password typed');
    const made = await box.ask('/api/v1/tokens', {
      method: 'POST',
      cookie,
      body: { name: 'scada', scopes: ['read'] },
    });
    const told = [
      ...['/api/v1/tokens', '/api/v1/users', '/api/v1/access', '/api/v1/status'].map((path) =>
        box.ask(path, { cookie }),
      ),
    ];
    const code = box.claimCode();
    const logged = box.world.logged.filter(({ event }) => event !== 'access.unclaimed');
    const text = JSON.stringify([await Promise.all(told), logged]);
    for (const secret of [
      PASSWORD,
      'a wrong password',
      code,
      made.json.token,
      cookie.split('=')[1] ?? '',
      '$argon2id',
    ]) {
      expect(secret.length).toBeGreaterThan(5);
      expect(text).not.toContain(secret);
    }
  });
});

/** Made with less: 1 MiB and two passes. */
const OUTDATED =
  '$argon2id$v=19$m=1024,t=2,p=1$U29kaXVtQ2hsb3JpZGU$xJdyP7OAk2wtYXqsvgJrQSRrIY6pLoKP6aFJHFqW0Cg';

describe('old password hashes', () => {
  test('one made with less is replaced at the next login', async () => {
    const box = await start();
    await box.claim();
    box.users.put({ name: 'old', role: 'viewer', password: OUTDATED, createdMs: 0 });
    expect((await box.login('old', 'pleaseletmein')).status).toBe(200);
    expect(box.users.get('old')?.password).toContain('$argon2id$');
    expect((await box.login('old', 'pleaseletmein')).status).toBe(200);
  });
});

describe('API tokens', () => {
  test('S15: a token names its owner, and ends with them or when they are no administrator any more', async () => {
    const dir = folder();
    const box = await start(dir);
    const ada = await box.claim();
    const make = async (who: { cookie?: string; token?: string }, name: string): Promise<string> => {
      const body = { name, scopes: ['admin'] };
      return (await box.ask('/api/v1/tokens', { method: 'POST', body, ...who })).json.token;
    };
    const addAdmin = async (name: string): Promise<string> => {
      const body = { name, password: PASSWORD, role: 'admin' };
      expect((await box.ask('/api/v1/users', { method: 'POST', cookie: ada, body })).status).toBe(201);
      return cookieOf(await box.login(name));
    };
    const [bob, eve] = [await addAdmin('Bob'), await addAdmin('Eve')];
    const ofBob = await make({ cookie: bob }, 'of bob');
    const tokens = [
      await make({ cookie: ada }, 'of ada'),
      ofBob,
      await make({ token: ofBob }, 'by the token of bob'),
      await make({ cookie: eve }, 'of eve'),
    ];
    const { items } = (await box.ask('/api/v1/tokens', { cookie: ada })).json;
    const owners = Object.fromEntries(
      items.map(({ name, owner }: { name: string; owner: string }) => [name, owner]),
    );
    expect(owners).toEqual({
      ...{ 'of ada': 'ada', 'of bob': 'bob', 'by the token of bob': 'bob', 'of eve': 'eve' },
    });
    const statuses = () =>
      Promise.all(tokens.map(async (token) => (await box.ask('/api/v1/status', { token })).status));
    await box.ask('/api/v1/users/bob', { method: 'DELETE', cookie: ada });
    expect(await statuses()).toEqual([200, 401, 401, 200]);
    await box.ask('/api/v1/users/eve', { method: 'PATCH', cookie: ada, body: { role: 'viewer' } });
    expect(await statuses()).toEqual([200, 401, 401, 401]);
  });

  test('one is shown once, does what its scope says, and ends when it was said to', async () => {
    const box = await start();
    const cookie = await box.claim();
    const body = { name: 'scada', scopes: ['read'], expiresInDays: 2 };
    const { json } = await box.ask('/api/v1/tokens', { method: 'POST', cookie, body });
    expect(json).toMatchObject({
      token: expect.stringMatching(/^wse_[\w-]{43}$/),
      expired: false,
      lastUsed: null,
    });
    const status = async () => (await box.ask('/api/v1/status', { token: json.token })).status;
    expect(await status()).toBe(200);
    const { items } = (await box.ask('/api/v1/tokens', { cookie })).json;
    expect(items).toMatchObject([
      {
        name: 'scada',
        scopes: ['read'],
        lastUsed: '2026-01-01T00:00:00.000Z',
        expires: '2026-01-03T00:00:00.000Z',
      },
    ]);
    box.world.advance(47 * HOUR_MS);
    expect(await status()).toBe(200);
    box.world.advance(HOUR_MS);
    expect(await status()).toBe(401);
  });

  test('a token wins over a cookie: what it may not do is not done', async () => {
    const box = await start();
    const cookie = await box.claim();
    const { json } = await box.ask('/api/v1/tokens', {
      method: 'POST',
      cookie,
      body: { name: 'm', scopes: ['metrics'] },
    });
    expect((await box.ask('/api/v1/status', { cookie, token: json.token })).status).toBe(403);
    expect((await box.ask('/metrics', { token: json.token })).status).toBe(200);
  });
});
