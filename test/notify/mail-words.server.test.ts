/** What a mail server said last is what is told, not that it hung up. */
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Outgoing } from '../../src/notify/channels/channel.ts';
import { createEmailSender } from '../../src/notify/channels/email.ts';
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
