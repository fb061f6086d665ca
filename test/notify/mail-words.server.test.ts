/** What a mail server said last is what is told, not that it hung up; and what to do about it is of what went wrong. */
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Outgoing } from '../../src/notify/channels/channel.ts';
import { createEmailSender } from '../../src/notify/channels/email.ts';
import { mailLoginSteps } from '../../src/notify/mail-steps.ts';
import { DEFAULTS } from '../support/config.ts';
import { createFastWorld } from '../support/world.ts';

const news = {
  ...{ raised: 1, cleared: 0, over: 0, byPriority: {}, items: [] },
  ...{ firstMs: 0, lastMs: 0, firstSeq: 1, lastSeq: 1 },
};
const MESSAGE: Outgoing = {
  ...{
    messageId: 'm',
    madeMs: 0,
    subject: 'Hot',
    text: 'Hot',
    personName: 'Ada',
    site: 's',
    page: undefined,
  },
  ...{ content: { kind: 'news', news, active: 1 }, address: { channel: 'email', to: 'ada@site.example' } },
};

let stop = (): void => {};
afterEach(() => stop());

/** `word`: the command at which it says `answer` and hangs up. */
async function serverThatEnds(word: string, answer: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 hello\r\n');
    socket.on('data', (bytes) => {
      if (bytes.toString().startsWith(word)) socket.end(`${answer}\r\n`);
      else socket.write('250 go on\r\n');
    });
  });
  stop = () => void server.close();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test.each([
  ['EHLO', '421 4.7.0 too many connections from your address'],
  ['MAIL', '421 4.3.2 not before noon'],
  ['RCPT', '450 4.2.1 come back later'],
])('at %s: %s', async (word, answer) => {
  const smtpPort = await serverThatEnds(word, answer);
  const settings = { smtpHost: '127.0.0.1', smtpPort, smtpSecurity: 'none', from: 'e@site.example' } as const;
  const sender = createEmailSender({ ...DEFAULTS.notify, ...settings }, createFastWorld(1));
  expect(await sender.send(MESSAGE, new AbortController().signal)).toMatchObject({ kind: 'retry', answer });
});

test.each([
  '554 5.7.1 <ada@site.example>: Relay access denied',
  '550 5.7.1 Unable to relay',
  '550 relay not permitted',
  "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
])('a server that relays for nobody is not the fault of the address: %s', async (answer) => {
  const sender = createEmailSender(await scriptedServer({ RCPT: answer }), createFastWorld(1));
  expect(await sender.send(MESSAGE, new AbortController().signal)).toMatchObject({
    ...{ kind: 'retry', answer, isOfChannel: false, todo: 'step.mailLogin.todo' },
  });
});

/** Answers each command with what `answers` has for its first word; `said` is what it was told. */
async function scriptedServer(answers: Readonly<Record<string, string>>, said: string[] = []) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (answers.greeting !== '') socket.write(`${answers.greeting ?? '220 hello'}\r\n`);
    let isData = false;
    socket.on('data', (bytes) => {
      for (const line of bytes.toString().split('\r\n').slice(0, -1)) {
        if (isData && line !== '.') continue;
        said.push(line);
        const word = line.slice(0, 4);
        isData = word === 'DATA';
        socket.write(`${answers[word] ?? (isData ? '354 go on' : '250 go on')}\r\n`);
      }
    });
  });
  stop = () => void server.close();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const smtpPort = typeof address === 'object' && address !== null ? address.port : 0;
  const settings = { smtpHost: '127.0.0.1', smtpPort, smtpSecurity: 'none', from: 'e@site.example' } as const;
  return { ...DEFAULTS.notify, ...settings, timeoutMs: 1_000 };
}

test('a domain leaves in the letters every server takes (seen with Exim 4.96 and Postfix 3.7: 501)', async () => {
  const said: string[] = [];
  const config = await scriptedServer({}, said);
  const sender = createEmailSender({ ...config, from: 'Box <box@höhe.example>' }, createFastWorld(1));
  const message = { ...MESSAGE, address: { channel: 'email', to: 'Ada@höhe.example' } } as const;
  expect(await sender.send(message, new AbortController().signal)).toMatchObject({ kind: 'sent' });
  expect(said).toEqual(
    expect.arrayContaining(['MAIL FROM:<box@xn--hhe-sna.example>', 'RCPT TO:<Ada@xn--hhe-sna.example>']),
  );
});

test.each([
  ['MAIL', '530 5.7.0 Authentication required', 'step.mailLogin.todo'],
  ['RCPT', '530 5.7.57 Client not authenticated to send mail', 'step.mailLogin.todo'],
  ['RCPT', '530 5.7.0 Must issue a STARTTLS command first', 'notify.mailPort.todo'],
])('who is not let in is no fault of the address: at %s %s', async (word, answer, todo) => {
  const config = await scriptedServer({ [word]: answer });
  const outcome = await createEmailSender(config, createFastWorld(1)).send(
    MESSAGE,
    new AbortController().signal,
  );
  expect(outcome).toMatchObject({ kind: 'retry', answer, isOfChannel: true, maybeArrived: false, todo });
});

test.each([
  [
    { greeting: '421 4.7.0 too many connections from 192.0.2.1' },
    'login',
    /^421 4\.7\.0 too many/,
    undefined,
  ],
  // As a port that waits for TLS, or one for STARTTLS that is slow.
  [{ greeting: '' }, 'login', /^(Greeting never received|Timeout)$/, /smtp_security/],
])('the test of the mail server names what went wrong, %j', async (answers, step, found, hint) => {
  const config = await scriptedServer(answers);
  const [taken] = await mailLoginSteps(config, createFastWorld(1));
  expect(taken).toMatchObject({ step, isOk: false, found: expect.stringMatching(found) });
  if (hint) expect(taken?.hint).toMatch(hint);
  else expect(taken?.hint).toBeUndefined();
});

test('a server that knows no STARTTLS: the port is in doubt, and no authority', async () => {
  const config = await scriptedServer({ STAR: '502 5.5.1 command not implemented' });
  const [taken] = await mailLoginSteps({ ...config, smtpSecurity: 'starttls' }, createFastWorld(1));
  expect(taken).toMatchObject({ step: 'tls', isOk: false, found: '502 5.5.1 command not implemented' });
  expect(taken?.hint).toMatch(/smtp_security/);
});
