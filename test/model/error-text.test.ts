/** What Node and OpenSSL throw, as people can read it. */
import { createServer } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { errorText } from '../../src/model/error-text.ts';

let stop = (): void => {};
afterEach(() => stop());

test('a port that speaks no TLS is told in words, without what OpenSSL adds for its makers', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 hello\r\n');
  });
  stop = () => void server.close();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const error = await new Promise<Error>((resolve) => {
    connect({ host: '127.0.0.1', port }).once('error', resolve);
  });
  expect(error.message).toContain('SSL routines');
  expect(errorText(error)).toBe('TLS: wrong version number');
});

test("Node's advice to programmers is left out: settings name an authority", () => {
  const told =
    'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca';
  expect(errorText(new Error(told))).toBe('self-signed certificate');
  expect(errorText(new Error('connect ECONNREFUSED 192.0.2.1:25'))).toBe('connect ECONNREFUSED 192.0.2.1:25');
  expect(errorText('gone')).toBe('gone');
});
