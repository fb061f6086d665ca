/** E-mail to a real SMTP server: one that is away for a day, loses its answer, refuses, wants a login and TLS. */
import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { createEmailSender } from '../../src/notify/channels/email.ts';
import { createAuthority } from '../support/certificates.ts';
import { DEFAULTS } from '../support/config.ts';
import { freePort, temporaryFolder, eventually as waitFor } from '../support/process.ts';
import { createFastWorld } from '../support/world.ts';
import { type MailServer, type MailServerOptions, startMailServer } from './mail-server.ts';
import { type TellingOptions, type TellingSite, tellingSite } from './telling-site.ts';

const HOUR = 3_600_000;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function mailServer(options?: MailServerOptions): Promise<MailServer> {
  const server = await startMailServer(options);
  stops.push(server.stop);
  return server;
}

async function site(port: number, options: TellingOptions = {}): Promise<TellingSite> {
  const settings = {
    smtpHost: '127.0.0.1',
    smtpPort: port,
    smtpSecurity: 'none',
    from: 'Edge <edge@site.example>',
  } as const;
  const made = await tellingSite({ ...options, settings: { ...settings, ...options.settings } });
  stops.push(made.stop);
  return made;
}

const eventually = <T>(check: () => T, timeoutMs = 20_000) => waitFor('what is waited for', check, timeoutMs);
const proofs = (telling: TellingSite) => telling.notify.proofs(Number.MAX_SAFE_INTEGER, 100);

test('an alarm is a mail with name, value, cause, consequence, action and the way to the page; its proof is kept', async () => {
  const server = await mailServer();
  const telling = await site(server.port, { settings: { pagesUrl: 'https://edge.site.example/' } });
  await telling.raise('Tank 1', 'critical');
  const [proof] = await eventually(() => proofs(telling).length > 0 && proofs(telling));
  expect(server.mails).toHaveLength(1);
  const [mail] = server.mails;
  expect(mail).toMatchObject({ from: 'edge@site.example', to: 'ada@site.example' });
  expect(mail?.messageId).toMatch(/^<\S+@site\.example>$/);
  for (const words of [
    'level is 92 %',
    'Tank 1',
    'North',
    'the valve hangs',
    'it floods',
    'close the valve',
    'https://edge.site.example/#/alarms/Tank%201',
  ])
    expect(mail?.text).toContain(words);
  expect(proof).toMatchObject({ outcome: 'sent', to: 'ada@site.example', alarms: 1, attempts: 1 });
  expect(`<${proof?.messageId}>`).toBe(mail?.messageId);
  expect(proof?.answer).toContain('queued as 4711');
});

test('a mail that has left leaves nothing behind that waits for the stop', async () => {
  const server = await mailServer();
  const settings = { smtpHost: '127.0.0.1', smtpPort: server.port, smtpSecurity: 'none' } as const;
  const sender = createEmailSender(
    { ...DEFAULTS.notify, ...settings, from: 'edge@site.example' },
    createFastWorld(1),
  );
  const { signal } = new AbortController();
  const news = { raised: 0, cleared: 0, over: 0, byPriority: {}, items: [] };
  const times = { firstMs: 0, lastMs: 0, firstSeq: 0, lastSeq: 0 };
  const message = {
    ...{ messageId: 'a@b', madeMs: 0, subject: 'x', text: 'x', personName: 'Ada', site: 'Hill' },
    ...{ page: undefined, address: { channel: 'email', to: 'ada@site.example' } as const },
    content: { kind: 'test', active: 0, news: { ...news, ...times } } as const,
  };
  expect(await sender.send(message, signal)).toMatchObject({ kind: 'sent' });
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('a day without the mail server: each is told once, summed up, marked as late', async () => {
  const port = await freePort();
  const telling = await site(port);
  for (let n = 0; n < 12; n++) {
    await telling.raise(`Tank ${n}`);
    if (n < 9) await telling.say('cleared', `Tank ${n}`, { state: 'normal' });
    telling.pass(2 * HOUR);
  }
  await eventually(() => telling.notify.status().state === 'degraded');
  expect(telling.notify.status()).toMatchObject({ queued: 1, hint: expect.any(String) });
  await eventually(
    () =>
      telling.notify
        .waiting()
        .map(({ alarms }) => alarms)
        .join() === '12',
  );
  const server = await mailServer({ port });
  telling.pass(HOUR);
  await eventually(() => proofs(telling).length > 0);
  const said = server.mails.map(({ text }) => text).join('\n');
  for (let n = 0; n < 12; n++)
    expect(said.split(`- Over: Tank ${n}: `).length + said.split(`- Tank ${n}: `).length - 2).toBe(1);
  expect(server.mails.map(({ subject }) => subject)).toEqual([
    expect.stringContaining('12 alarms while nothing could be sent'),
  ]);
  expect(said).toContain('3 still active');
  expect(said).toMatch(/told late, (1[0-9]|2[0-9]) h/);
  await eventually(() => telling.notify.status().state === 'ok');
  telling.pass(24 * HOUR);
  await telling.raise('Tank 13');
  await eventually(() => server.mails.length === 2);
});

test('an answer that is lost brings the very same message again, under the same Message-ID, and says so', async () => {
  const server = await mailServer();
  server.mood = 'loses-answer';
  const telling = await site(server.port);
  await telling.raise('Tank 1');
  await eventually(() => server.mails.length === 1);
  await eventually(() => telling.notify.waiting()[0]?.attempts === 1);
  await telling.raise('Tank 2');
  server.mood = 'takes';
  const all = await eventually(() => proofs(telling).length === 2 && proofs(telling));
  expect(server.mails).toHaveLength(3);
  expect(server.mails[1]).toEqual(server.mails[0]);
  expect(server.mails[2]?.text).toContain('Tank 2');
  expect(server.mails[2]?.text).not.toContain('Tank 1');
  expect(all.map(({ maybeTwice }) => maybeTwice)).toEqual([undefined, true]);
});

test('an address that is refused is given up after five attempts, and holds up no other', async () => {
  const server = await mailServer();
  server.mood = 'refuses-recipient';
  const telling = await site(server.port);
  await telling.raise('Tank 1');
  const [proof] = await eventually(() => proofs(telling).length > 0 && proofs(telling), 30_000);
  expect(proof).toMatchObject({ outcome: 'failed', answer: expect.stringContaining('no such user') });
  expect(proof?.attempts).toBe(5);
  server.mood = 'takes';
  await telling.raise('Tank 2');
  await eventually(() => server.mails.length === 1);
});

describe('login and TLS', () => {
  const folder = temporaryFolder();
  const authority = createAuthority(folder.path);
  const { cert, key } = authority.issue('127.0.0.1');
  const login = { user: 'edge', password: 'right' };
  const known = { caFile: authority.caFile, smtpUsername: 'edge', smtpPassword: 'right\n' };

  test.each([
    ['starttls', false],
    ['tls', true],
  ] as const)('%s with a login', async (smtpSecurity, secure) => {
    const server = await mailServer({ login, tls: { cert, key }, secure });
    const telling = await site(server.port, { settings: { ...known, smtpSecurity } });
    await telling.raise('Tank 1');
    await eventually(() => server.mails.length === 1);
  });

  test('a wrong password is told with what to do, and nothing is lost', async () => {
    const server = await mailServer({ login, tls: { cert, key } });
    const telling = await site(server.port, {
      settings: { ...known, smtpPassword: 'wrong', smtpSecurity: 'starttls' },
    });
    await telling.raise('Tank 1');
    const status = await eventually(
      () => telling.notify.status().state === 'degraded' && telling.notify.status(),
    );
    expect(status.detail).toContain('Invalid username or password');
    expect(status.hint).toContain('notify.smtp_password');
    expect(JSON.stringify(status)).not.toContain('wrong');
    expect(telling.notify.waiting()).toMatchObject([{ alarms: 1 }]);
  });

  test('without STARTTLS nothing is said in the clear', async () => {
    const server = await mailServer();
    const telling = await site(server.port, { settings: { ...known, smtpSecurity: 'starttls' } });
    await telling.raise('Tank 1');
    await eventually(() => telling.notify.status().state === 'degraded');
    expect(server.mails).toEqual([]);
  });

  test('a certificate of nobody we know is refused', async () => {
    const server = await mailServer({ tls: { cert, key } });
    const telling = await site(server.port, { settings: { smtpSecurity: 'starttls' } });
    await telling.raise('Tank 1');
    await eventually(() => telling.notify.status().state === 'degraded');
    expect(server.mails).toEqual([]);
  });
});
