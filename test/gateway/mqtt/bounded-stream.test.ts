/** The stream around a socket ends as the socket does. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { boundedStream } from '../../../src/gateway/mqtt/bounded-stream.ts';

test('ending it after its socket has ended is no error', async () => {
  const server = createServer({ allowHalfOpen: true });
  const peer = once(server, 'connection');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  const stream = boundedStream(socket, {});
  const errors: Error[] = [];
  stream.on('error', (error) => errors.push(error));
  socket.end();
  await once(socket, 'finish');
  stream.end();
  await Promise.race([once(stream, 'finish'), once(stream, 'close').catch(() => {})]);
  expect(errors).toEqual([]);
  for (const end of await peer) end.destroy();
  await new Promise((resolve) => server.close(resolve));
});
