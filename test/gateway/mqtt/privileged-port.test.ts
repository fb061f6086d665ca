/** A port below 1024 that the embedded broker may not open: what is said, and what not to do about other troubles. */
import { Server } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createEmbeddedBroker } from '../../../src/gateway/mqtt/embedded.ts';
import { createTestWorld } from '../../support/world.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** As the system answers to a program without the right; root, as in a container, would be let. */
function refuseToListen(code: string) {
  return vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    const error = Object.assign(new Error(`listen ${code}: 127.0.0.1`), { code });
    process.nextTick(() => this.emit('error', error));
    return this;
  });
}

async function startBroker(embeddedPort: number) {
  const broker = createEmbeddedBroker({
    config: { embeddedHost: '127.0.0.1', embeddedPort },
    usersFile: 'none',
    wanted: () => true,
    handle: ({ ack }) => ack(),
    tell: () => {},
    world: createTestWorld(),
  });
  await broker.start();
  const status = broker.status();
  await broker.stop();
  return status;
}

test('the broker says that the port is below 1024 and how to allow it, and what it was', async () => {
  refuseToListen('EACCES');
  expect(await startBroker(883)).toMatchObject({
    state: 'down',
    detail: expect.stringContaining('cannot listen on mqtt://127.0.0.1:883'),
    hint: expect.stringMatching(/below 1024.*mqtt\.embedded_port.*CAP_NET_BIND_SERVICE/),
    said: [{ key: 'broker.cannotListen', todo: 'broker.privilegedPort.todo' }],
  });
});

test.each([
  ['EACCES', 1883],
  ['EADDRINUSE', 883],
])('%s at port %d is not put down to that', async (code, port) => {
  refuseToListen(code);
  expect(await startBroker(port)).toMatchObject({
    state: 'down',
    hint: expect.stringContaining('is another broker running?'),
  });
});
