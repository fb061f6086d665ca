/**
 * Starts a built program for real and looks at it as a technician would: the simulator plays a site, the page and the API
 * answer, values arrive, and it stops cleanly when told to. Usage: node scripts/smoke.ts [executable]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Milliseconds until each thing must have happened on a busy machine. */
const START_LIMIT_MS = 20_000;
const VALUES_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

export interface SmokeReport {
  /** Milliseconds from the start of the process to the first healthy answer. */
  readonly startMs: number;
  /** Readings in the log when the program was told to stop. */
  readonly readings: number;
  /** Bytes of the first page. */
  readonly pageBytes: number;
  /** Milliseconds from SIGTERM to the end. */
  readonly stopMs: number;
}

/**
 * Runs `command` with the simulator in a temporary folder. `env` is its whole environment. Rejects, with the program's
 * output in the message, when anything is not as it should be.
 */
export async function smoke(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>> = { PATH: process.env.PATH ?? '' },
): Promise<SmokeReport> {
  const folder = mkdtempSync(join(tmpdir(), 'wse-smoke-'));
  const [port, brokerPort] = [await freePort(), await freePort()];
  const settings = [
    `http.port=${port}`,
    `mqtt.embedded_port=${brokerPort}`,
    `store.dir=${join(folder, 'data')}`,
  ];
  const [file, ...first] = command;
  const args = [...first, 'run', '--simulator', ...settings.flatMap((setting) => ['--set', setting])];
  const child = spawn(file, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const watched = watch(child);
  try {
    return await inspect(`http://127.0.0.1:${port}`, child, watched);
  } catch (error) {
    throw new Error(`${command.join(' ')}: ${String(error)}\n${watched.output()}`, { cause: error });
  } finally {
    child.kill('SIGKILL');
    await watched.ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Watched {
  readonly output: () => string;
  readonly ended: Promise<string>;
  readonly isOver: () => boolean;
}

/** Collects what the program prints; `ended` says how it ended. */
function watch(child: ChildProcess): Watched {
  let output = '';
  let over = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
    });
  }
  const ended = new Promise<string>((settle) => {
    const end = (how: string): void => {
      over = true;
      settle(how);
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(code === null ? `signal ${signal}` : `exit code ${code}`));
  });
  return { output: () => output, ended, isOver: () => over };
}

async function inspect(url: string, child: ChildProcess, watched: Watched): Promise<SmokeReport> {
  const startedMs = performance.now();
  await until(
    'the program is healthy',
    START_LIMIT_MS,
    watched,
    async () => (await fetch(`${url}/healthz`)).ok,
  );
  const startMs = performance.now() - startedMs;
  const page = await fetch(url);
  const html = await page.text();
  if (!page.ok || !html.includes('<script'))
    throw new Error(`the page answers ${page.status}:\n${html.slice(0, 500)}`);
  const status = await getJson<{ simulator: boolean }>(`${url}/api/v1/status`);
  if (!status.simulator) throw new Error('the status does not show the simulator');
  const readings = await until('readings arrive', VALUES_LIMIT_MS, watched, async () => {
    const { items } = await getJson<{ items: unknown[] }>(`${url}/api/v1/readings`);
    return items.length;
  });
  await tryCodec(url);
  const stopMs = performance.now();
  child.kill('SIGTERM');
  const how = await Promise.race([
    watched.ended,
    pause(STOP_LIMIT_MS).then(() => `nothing in ${STOP_LIMIT_MS} ms`),
  ]);
  if (how !== 'exit code 0') throw new Error(`after SIGTERM: ${how}`);
  return { startMs, readings, pageBytes: html.length, stopMs: performance.now() - stopMs };
}

/** A device maker's script, which a worker thread runs: in the executable that is a file of its own. */
async function tryCodec(url: string): Promise<void> {
  const source = 'function decodeUplink(input) { return { data: { v: input.bytes[0] } }; }';
  const answer = await fetch(`${url}/api/v1/codecs/test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source, bytes: '2a', fPort: 1 }),
  });
  const text = await answer.text();
  if (!text.includes('"v":42')) throw new Error(`a codec answers ${answer.status}: ${text.slice(0, 500)}`);
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok)
    throw new Error(`${url} answers ${response.status}: ${(await response.text()).slice(0, 500)}`);
  return (await response.json()) as T;
}

/** Asks `check` again and again until it gives something other than false or 0; an error of it is asked again too. */
async function until<T>(
  what: string,
  limitMs: number,
  watched: Watched,
  check: () => Promise<T>,
): Promise<T> {
  const deadlineMs = performance.now() + limitMs;
  let last: unknown = 'no';
  while (performance.now() < deadlineMs) {
    if (watched.isOver()) throw new Error(`it ended (${await watched.ended}) before: ${what}`);
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    await pause(20);
  }
  throw new Error(`not within ${limitMs} ms: ${what} (${String(last)})`);
}

function pause(ms: number): Promise<void> {
  return new Promise((settle) => setTimeout(settle, ms).unref());
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const address = server.address();
  await new Promise((settle) => server.close(settle));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

if (import.meta.main) {
  const executable = resolve(process.argv[2] ?? join(import.meta.dirname, '../out/webscada-edge'));
  const { startMs, readings, pageBytes, stopMs } = await smoke([executable]);
  console.log(
    `${executable}: healthy after ${Math.round(startMs)} ms, page of ${pageBytes} bytes, ` +
      `${readings} readings, stopped cleanly in ${Math.round(stopMs)} ms`,
  );
}
