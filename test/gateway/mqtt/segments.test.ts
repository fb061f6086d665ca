/** A command is one write, on a socket that does not wait for the other side to have confirmed what went before. */
import { connect, createServer, Socket } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createEmbeddedBroker } from '../../../src/gateway/mqtt/embedded.ts';
import { connectTo } from '../../../src/gateway/mqtt/library.ts';
import { createWorld } from '../../../src/ops/world.ts';
import { createTestWorld } from '../../support/world.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** CONNACK of MQTT 3.1.1: let in, no session of before. */
const CONNACK = Buffer.of(0x20, 2, 0, 0);
const PUBLISH = 0x32;

test('at a broker', async () => {
  const written: Buffer[] = [];
  const server = createServer((peer) => {
    peer.once('data', () => peer.write(CONNACK));
    peer.on('error', () => {});
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  const noDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
  const client = connectTo(`mqtt://127.0.0.1:${port}`, { clientId: 'segments', protocolVersion: 4 });
  expect(noDelay).toHaveBeenCalledWith(true);
  await new Promise<void>((resolve) => client.once('connect', () => resolve()));
  const write = Socket.prototype.write;
  vi.spyOn(Socket.prototype, 'write').mockImplementation(function (this: Socket, chunk, ...rest) {
    if (this.remotePort === port) written.push(Buffer.from(chunk));
    return Reflect.apply(write, this, [chunk, ...rest]);
  });
  client.publish('gateway/0016c001ff10a235/command/down', Buffer.alloc(1_000, 1), { qos: 1 });
  await vi.waitFor(() => expect(written.length).toBeGreaterThan(0));
  expect(written.map((packet) => [packet[0], packet.length > 1_000])).toEqual([[PUBLISH, true]]);
  await client.endAsync(true);
  server.close();
});

test('at a gateway of the embedded broker', async () => {
  const broker = createEmbeddedBroker({
    config: { embeddedHost: '127.0.0.1', embeddedPort: 0 },
    usersFile: 'none',
    wanted: () => true,
    handle: ({ ack }) => ack(),
    tell: () => {},
    world: createWorld(createTestWorld().logger),
  });
  await broker.start();
  const port = Number(new URL(broker.url()).port);
  const quick: number[] = [];
  const { setNoDelay } = Socket.prototype;
  vi.spyOn(Socket.prototype, 'setNoDelay').mockImplementation(function (this: Socket, noDelay) {
    if (this.localPort === port && noDelay === true) quick.push(this.remotePort ?? 0);
    return setNoDelay.call(this, noDelay);
  });
  // Not a client of MQTT: some of those call it themselves, on their end.
  const gateway = connect(port, '127.0.0.1');
  await vi.waitFor(() => expect(quick).toEqual([gateway.localPort]));
  gateway.destroy();
  await broker.stop();
});
