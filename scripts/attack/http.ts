/** What one caller can do to the web server (S1, S5, S6, S9, S14): `node scripts/attack/http.ts`. Bounded, on loopback. */
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { underAttack } from './box.ts';

const JSON_POST = 'POST /api/v1/devices HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}).resume();
  return socket;
}

/** Waits for an event, for the end of the connection, or for `ms` to pass. */
function event(socket: Socket, name: 'close' | 'drain', ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      socket.off(name, done).off('close', done);
      resolve();
    }
    socket.on(name, done).on('close', done);
  });
}

/** Waits until the other side has ended the connection, or `ms` have passed. */
async function settled(socket: Socket, ms: number): Promise<void> {
  await event(socket, 'close', ms);
  socket.destroy();
}

await underAttack('900 000 pieces of one byte', {}, async ({ httpPort }) => {
  const socket = open(httpPort);
  socket.write(`${JSON_POST}Transfer-Encoding: chunked\r\n\r\n`);
  for (let n = 0; n < 900 && !socket.closed; n++) {
    if (!socket.write('1\r\nx\r\n'.repeat(1_000))) await event(socket, 'drain', 5_000);
  }
  await settled(socket, 2_000);
});
const body = Buffer.alloc(900_000, 'x');
await underAttack('250 bodies of 1 MB held open', {}, async ({ httpPort }) => {
  const sockets = Array.from({ length: 250 }, () => open(httpPort));
  for (const socket of sockets) {
    socket.write(`${JSON_POST}Content-Length: 1000000\r\n\r\n`);
    socket.write(body);
    // Or the one who asks whether the box still answers, who lives in this process, would have to wait.
    await nextTurn();
  }
  await Promise.all(sockets.map((socket) => settled(socket, 3_000)));
});
await underAttack('20 bodies of 100 000 unknown keys', {}, async ({ appliance }) => {
  const body = JSON.stringify(Object.fromEntries(Array.from({ length: 75_000 }, (_, n) => [`key${n}`, 1])));
  const headers = { 'content-type': 'application/json' };
  for (let n = 0; n < 20; n++) {
    await (await fetch(`${appliance.url}/api/v1/devices`, { method: 'POST', headers, body })).text();
  }
});
await underAttack('20 bodies nested a million deep', {}, async ({ appliance }) => {
  const nested = `{"object":${'['.repeat(1_000_000)}`;
  const headers = { 'content-type': 'application/json' };
  for (let n = 0; n < 20; n++) {
    const answer = await fetch(`${appliance.url}/api/v1/codecs/test`, {
      method: 'POST',
      headers,
      body: nested,
    });
    await answer.text();
  }
});
const simulator = { enabled: true, devices: 200, gateways: 2, interval_s: 1 };
await underAttack(
  '250 pages of devices and 200 of readings, pipelined',
  { simulator },
  async ({ httpPort }) => {
    await new Promise((done) => setTimeout(done, 10_000));
    const paths = ['devices?limit=1000&recent=100', 'readings?limit=1000'];
    const sockets = paths.map((path) => {
      const socket = open(httpPort);
      socket.write(`GET /api/v1/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(250));
      return socket;
    });
    await Promise.all(sockets.map((socket) => settled(socket, 3_000)));
    const patient = Array.from({ length: 100 }, () => open(httpPort));
    for (const socket of patient) {
      socket.pause();
      socket.write('GET /api/v1/readings?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(10));
    }
    await Promise.all(patient.map((socket) => settled(socket, 3_000)));
  },
);
await underAttack(
  '32 event streams from the first record on that take nothing',
  { simulator },
  async ({ httpPort }) => {
    await new Promise((done) => setTimeout(done, 10_000));
    const sockets = Array.from({ length: 40 }, () => open(httpPort));
    for (const socket of sockets) {
      socket.pause();
      socket.write('GET /api/v1/events?after=1-0 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    }
    await Promise.all(sockets.map((socket) => settled(socket, 5_000)));
  },
);
await underAttack('200 connections, 20 requests at once on each', {}, async ({ httpPort }) => {
  const sockets = Array.from({ length: 200 }, () => open(httpPort));
  for (const socket of sockets) {
    socket.pause();
    socket.write('GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20));
    await nextTurn();
  }
  await Promise.all(sockets.map((socket) => settled(socket, 3_000)));
});
await underAttack('1 000 queries of 15 kB', {}, async ({ appliance }) => {
  const many = Array.from({ length: 2_500 }, (_, n) => `k${n}=1`)
    .join('&')
    .slice(0, 15_000);
  for (let n = 0; n < 1_000; n++) await (await fetch(`${appliance.url}/api/v1/readings?${many}`)).text();
});
await underAttack('300 idle connections', {}, async ({ httpPort }) => {
  const sockets = Array.from({ length: 300 }, () => open(httpPort));
  await new Promise((done) => setTimeout(done, 2_000));
  for (const socket of sockets) socket.destroy();
});
