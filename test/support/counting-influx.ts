/**
 * A line-protocol server that takes everything at once and counts, in a process of its own so that it is no load on the
 * one measured. It also tells how late the readings of live devices (DevEUI from 'feed' on) were, by their own time.
 * Run as a program it serves and prints its port; `startCountingInflux` starts it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const LIVE_PREFIX = 'feed';

export interface Counted {
  readonly requests: number;
  readonly bytes: number;
  /** Lines of measurement `reading`, repeats included. */
  readonly readings: number;
  /** Live readings seen for the first time, and the time from reading to arrival, milliseconds. */
  readonly live: number;
  readonly latestMs: number;
  readonly meanMs: number;
}

export interface CountingInflux {
  readonly url: string;
  readonly process: ChildProcess;
  counted(): Promise<Counted>;
  stop(): void;
}

/** Starts one on a free loopback port. */
export async function startCountingInflux(): Promise<CountingInflux> {
  const child = fork(import.meta.filename, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await new Promise<number>((resolve) => child.once('message', (port) => resolve(Number(port))));
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    process: child,
    counted: async () => (await (await fetch(`${url}/counted`)).json()) as Counted,
    stop: () => void child.kill(),
  };
}

function serve(): void {
  const total = { requests: 0, bytes: 0, readings: 0, live: 0, latestMs: 0, sumMs: 0 };
  const seen = new Set<string>();

  function take(body: Buffer): void {
    const nowMs = Date.now();
    total.requests += 1;
    total.bytes += body.length;
    for (let at = 0; at >= 0 && at < body.length; ) {
      const end = body.indexOf(10, at);
      if (body[at] === 114 && body[at + 1] === 101) total.readings += 1;
      at = end < 0 ? -1 : end + 1;
    }
    for (let at = body.indexOf(`reading,device=${LIVE_PREFIX}`); at >= 0; ) {
      const end = body.indexOf(10, at);
      const line = body.toString('latin1', at, end < 0 ? body.length : end);
      const key = `${line.slice(15, 31)} ${line.slice(-19)}`;
      if (!seen.has(key)) {
        seen.add(key);
        const lateMs = nowMs - Number(line.slice(-19, -6));
        total.live += 1;
        total.sumMs += lateMs;
        total.latestMs = Math.max(total.latestMs, lateMs);
      }
      at = end < 0 ? -1 : body.indexOf(`reading,device=${LIVE_PREFIX}`, end);
    }
  }

  const server = createServer((request, response) => {
    if (request.url === '/counted') {
      const { sumMs, ...counted } = total;
      response.end(JSON.stringify({ ...counted, meanMs: sumMs / Math.max(1, total.live) }));
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST') take(Buffer.concat(chunks));
      response.writeHead(request.url?.startsWith('/api/v2/write') ? 204 : 404).end();
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
}

if (process.send && process.argv[1] === import.meta.filename) serve();
