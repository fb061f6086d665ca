/** The box as a process stops cleanly, whatever state its broker is in. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startAppliance, writeSettings } from '../support/appliance-process.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../support/process.ts';

const ends: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function startBox(url: string) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const port = await freePort();
  const file = writeSettings(folder.path, {
    http: { port },
    mqtt: { mode: 'external', url },
    store: { dir: join(folder.path, 'data') },
    log: { format: 'json' },
  });
  const box = await startAppliance(file, port);
  ends.push(() => box.stop('SIGKILL'));
  return box;
}

/** Sends SIGTERM; how it ended, after how long, and what it said from then on. */
async function stopBox(box: Awaited<ReturnType<typeof startBox>>) {
  const before = box.output().length;
  const sinceMs = performance.now();
  const ended = once(box.process, 'exit');
  box.process.kill('SIGTERM');
  const [code] = await ended;
  return { code, seconds: (performance.now() - sinceMs) / 1_000, output: box.output().slice(before) };
}

describeWith(['mosquitto'], 'stopping', () => {
  test('P: with a broker that hangs it ends with 0 within five seconds', async () => {
    const broker = await startMosquitto();
    ends.push(broker.stop);
    const box = await startBox(broker.url);
    await eventually('connected', () => box.output().includes('mqtt.ok'), 20_000);
    broker.signal('SIGSTOP');
    ends.push(() => broker.signal('SIGCONT'));
    const { code, seconds, output } = await stopBox(box);
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(5);
    expect(output).toContain('appliance.stopped');
    expect(output).not.toContain('mqtt.down');
  });
});

test('P2: with a broker that accepts and is silent it ends with 0 within five seconds, and says nothing more of it', async () => {
  const silent = createServer({ pauseOnConnect: true });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const sockets: { destroy(): unknown }[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const box = await startBox(`mqtt://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  await eventually('connecting', () => sockets.length > 0, 20_000);
  const { code, seconds, output } = await stopBox(box);
  expect(code).toBe(0);
  expect(seconds).toBeLessThan(5);
  expect(output).toContain('appliance.stopped');
  expect(output).not.toContain('mqtt.down');
});
