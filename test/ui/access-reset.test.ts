/** `reset-admin`: lets an operator back in beside a running box and while it is stopped, and what it leaves alone. */
import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createCertificateSource } from '../../src/ops/tls-source.ts';
import { type AccessBox, cookieOf, createAccessBox, PASSWORD } from '../support/access-box.ts';
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

/** Runs the verb on the store in `dir`. */
async function reset(dir: string, ...options: string[]) {
  const written = { out: '', error: '' };
  const exit = await runCli(['reset-admin', '--set', `store.dir=${dir}`, ...options], {
    runAppliance: () => Promise.reject(new Error('not asked for')),
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.error += text) },
    env: {},
    version: '0.1.0',
  });
  return { exit, ...written };
}

const codeIn = (out: string): string => /[2-9B-Z]{4}-[2-9B-Z]{4}/.exec(out)?.[0] ?? '';
const claim = (box: AccessBox, code: string, name: string, password = PASSWORD) =>
  box.ask('/api/v1/access/claim', { method: 'POST', body: { code, name, password } });

test('beside a running box it makes a new code; users and sessions stay until the code is used for one of them', async () => {
  const dir = folder();
  const box = await createAccessBox({ dir });
  cleanups.push(box.stop);
  const ada = await box.claim('ada');
  const { exit, out } = await reset(dir);
  expect(exit).toBe(0);
  expect((await box.ask('/api/v1/access', { cookie: ada })).json).toMatchObject({
    claimed: true,
    claimPending: true,
    user: { name: 'ada' },
  });
  expect((await box.ask('/api/v1/status')).status).toBe(401);
  const bob = await claim(box, codeIn(out), 'bob');
  expect(bob.json.user).toEqual({ name: 'bob', role: 'admin' });
  expect((await box.ask('/api/v1/status', { cookie: ada })).status).toBe(200);
  // The forgotten password: a second reset, and the claim under the old name.
  const second = await reset(dir, '--json');
  const again = await claim(box, JSON.parse(second.out).claimCode, 'Ada', 'a new long password');
  expect(again.status).toBe(200);
  expect((await box.ask('/api/v1/status', { cookie: ada })).status).toBe(401);
  expect((await box.ask('/api/v1/status', { cookie: cookieOf(again) })).status).toBe(200);
  expect([(await box.login('ada')).status, (await box.login('bob')).status]).toEqual([403, 200]);
});

test('a new code unlocks a claim that wrong codes have locked, and voids the one before', async () => {
  const dir = folder();
  const box = await createAccessBox({ dir });
  cleanups.push(box.stop);
  for (let n = 0; n < 5; n += 1) await claim(box, 'AAAA-AAAA', 'ada');
  expect((await claim(box, box.claimCode(), 'ada')).status).toBe(429);
  const { out } = await reset(dir);
  expect((await claim(box, box.claimCode(), 'ada')).status).toBe(403);
  expect((await claim(box, codeIn(out), 'ada')).status).toBe(200);
});

test('--remove-all leaves an unclaimed box, also while it is stopped', async () => {
  const dir = folder();
  const before = await createAccessBox({ dir });
  const cookie = await before.claim();
  const made = await before.ask('/api/v1/tokens', {
    method: 'POST',
    cookie,
    body: { name: 'a', scopes: ['admin'] },
  });
  await before.stop();
  const { exit, out } = await reset(dir, '--remove-all');
  expect(exit).toBe(0);
  const box = await createAccessBox({ dir });
  cleanups.push(box.stop);
  for (const who of [{ cookie }, { token: made.json.token }]) {
    expect((await box.ask('/api/v1/status', who)).json.type).toMatch(/:unclaimed$/);
  }
  expect((await claim(box, codeIn(out), 'ada')).status).toBe(200);
  expect((await box.ask('/api/v1/status', { token: made.json.token })).status).toBe(401);
});

test('it shows the fingerprint of the certificate the box serves with, unless that is without TLS', async () => {
  const dir = folder();
  await createAccessBox({ dir }).then((box) => box.stop());
  const { fingerprint } = createCertificateSource({ dir, names: [], world: createTestWorld() });
  expect((await reset(dir)).out).toContain(`certificate: SHA-256 ${fingerprint()}\n`);
  expect(JSON.parse((await reset(dir, '--json')).out)).toEqual({
    claimCode: expect.any(String),
    fingerprint: fingerprint(),
  });
  expect((await reset(dir, '--set', 'http.tls=off')).out).not.toContain('certificate');
});

test('where there is no store it says what to do and makes none', async () => {
  const dir = `${folder()}/none`;
  const { exit, out, error } = await reset(dir);
  expect({ exit, out }).toEqual({ exit: 1, out: '' });
  expect(error).toContain('start webscada-edge once');
});
