/**
 * Real servers for tests: found on the machine, started on a free loopback port with a data folder of their own, stopped
 * by process id. A suite that needs a server that is missing is skipped by name on a laptop and fails in CI.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** What to install for each server a test may ask for. */
const PACKAGES = {
  mosquitto: 'apt-get install mosquitto',
  'redis-server': 'apt-get install redis-server',
  'redis-sentinel': 'apt-get install redis-sentinel',
  'victoria-metrics': 'apt-get install victoria-metrics',
  'fluent-bit': 'the package of its makers, fluentbit.io',
  promtool: 'apt-get install prometheus',
  chromium: 'apt-get install chromium',
  openssl: 'apt-get install openssl',
  postgres: 'apt-get install postgresql',
  haproxy: 'apt-get install haproxy',
  pgbouncer: 'apt-get install pgbouncer',
  'chirpstack-gateway-bridge':
    'go install github.com/brocaar/chirpstack-gateway-bridge/cmd/chirpstack-gateway-bridge@4238596855e7',
} as const;

export type ServerName = keyof typeof PACKAGES;

/** Full path of a server's executable, or undefined when it is not installed. */
export function findServer(name: ServerName): string | undefined {
  const folders = [
    ...(process.env.PATH ?? '').split(':'),
    '/usr/sbin',
    '/usr/local/sbin',
    join(homedir(), 'go/bin'),
    ...postgresFolders(),
  ];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Debian keeps PostgreSQL's programs out of the way, a folder for each version. */
function postgresFolders(): string[] {
  const all = '/usr/lib/postgresql';
  const versions = existsSync(all) ? readdirSync(all) : [];
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(all, version, 'bin'));
}

/** Like `describe`, for a suite that needs real servers. */
export function describeWith(servers: readonly ServerName[], title: string, suite: () => void): void {
  const missing = servers.filter((name) => findServer(name) === undefined);
  if (missing.length === 0) {
    describe(title, suite);
    return;
  }
  const excused = (process.env.WSE_TEST_EXCUSED ?? '').split(',');
  const advice = missing.map((name) => `${name} (${PACKAGES[name]})`).join(', ');
  if (process.env.CI && missing.some((name) => !excused.includes(name))) {
    test(`${title}: needs ${advice}`, () => expect(missing).toEqual([]));
  } else {
    console.warn(`SKIPPED: ${title}: needs ${advice}`);
    describe.skip(`${title} [SKIPPED: needs ${missing.join(', ')}]`, suite);
  }
}

/** Ports for tests lie below those the system gives to connections that go out, and above those of well-known servers. */
const FIRST_PORT = 10_000;
const PORTS = 22_000;
/** After that long nobody looks for whom was at a port any more. */
const PORT_REST_MS = 3_600_000;

/**
 * A free TCP port, no other test's for an hour, whichever process asks: the client of a server that has gone may still try to
 * reach it, and would take for its own whoever comes there next.
 */
export async function freePort(): Promise<number> {
  const claims = join(tmpdir(), 'wse-test-ports');
  mkdirSync(claims, { recursive: true });
  for (let tries = 0; tries < 1_000; tries++) {
    const port = FIRST_PORT + randomInt(PORTS);
    if (isClaimed(join(claims, String(port))) && (await isFree(port))) return port;
  }
  throw new Error('no port');
}

/** Whether the claim is ours now. */
function isClaimed(file: string): boolean {
  const claim = statSync(file, { throwIfNoEntry: false });
  if (claim && Date.now() - claim.mtimeMs < PORT_REST_MS) return false;
  if (claim) rmSync(file, { force: true });
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A fresh temporary folder; `remove` deletes it. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'wse-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface RunningServer {
  readonly process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** Sends `signal` and waits for the end; SIGKILL after 5 s. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `command` and waits until `ready` (a TCP port or a text in its output) within a minute: a loaded machine takes its time. */
export async function startServer(
  command: string,
  args: readonly string[],
  ready: { readonly port: number } | { readonly text: string },
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let ended = false;
  const exit = new Promise<void>((resolve) => {
    child.once('exit', () => {
      ended = true;
      resolve();
    });
    child.once('error', (error) => {
      output += String(error);
      ended = true;
      resolve();
    });
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-100_000);
    });
  }
  const server: RunningServer = {
    process: child,
    output: () => output,
    async stop(signal = 'SIGTERM') {
      if (ended) return;
      child.kill(signal);
      const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exit;
      clearTimeout(killer);
    },
  };
  const deadline = Date.now() + 60_000;
  while (!('port' in ready ? await canConnect(ready.port) : output.includes(ready.text))) {
    if (ended || Date.now() > deadline) {
      await server.stop('SIGKILL');
      throw new Error(`${command} ${args.join(' ')} did not start:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return server;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Waits until `check` gives a value other than undefined or false; fails naming `what` after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  check: () => T | Promise<T>,
  timeoutMs = 20_000,
): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`did not happen within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
