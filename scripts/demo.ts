/**
 * A site and its centre on this machine, without containers: `npm run demo`. Starts Redis, PostgreSQL where it is installed,
 * one simulated site and `collect`, says where they are, and on Ctrl-C stops all of them and removes what they wrote.
 *
 * Options: --source runs the program from src/ and not the bundle; --any-port takes free ports and not the usual ones.
 */
import { type ChildProcess, type ExecFileSyncOptions, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const root = dirname(import.meta.dirname);
const SITE = 'demo';
/** A program that has not ended by then is killed; everybody has ended within 5 s. */
const STOP_MS = 3000;
const START_MS = 60_000;

interface Part {
  readonly name: string;
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  readonly stopSignal: NodeJS.Signals;
}

const { values } = parseArgs({
  options: { source: { type: 'boolean', default: false }, 'any-port': { type: 'boolean', default: false } },
});
const program = join(root, values.source ? 'src/main.ts' : 'dist/main.js');
const isRoot = process.getuid?.() === 0;

const parts: Part[] = [];
let stopping = false;

process.exitCode = await main();

async function main(): Promise<number> {
  const redis = findProgram('redis-server', []);
  if (redis === undefined) {
    console.error(
      'The demo needs Redis for the way from the site to the centre: apt-get install redis-server',
    );
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'webscada-demo-'));
  const asked = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
  });
  try {
    const started = start(folder, redis);
    started.catch(() => {});
    const first = await Promise.race([started, asked, anyEnd()]);
    if (Array.isArray(first)) console.log(first.join('\n'));
    const reason = Array.isArray(first) ? await Promise.race([asked, anyEnd()]) : first;
    if (!reason.startsWith('SIG')) console.error(reason);
    return reason.startsWith('SIG') ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await stopAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts everything and gives what to tell people. */
async function start(folder: string, redis: string): Promise<string[]> {
  // PostgreSQL's user has to come to its folder.
  chmodSync(folder, 0o755);
  const redisPort = await freePort();
  const server = ['--port', `${redisPort}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  launch('Redis', [redis, ...server], 'SIGTERM');
  const [postgresUrl] = await Promise.all([startPostgres(folder), connected('Redis', redisPort)]);
  const lake = join(folder, 'records');
  const site = await startSite(folder, `redis://127.0.0.1:${redisPort}`);
  const fleet = await startCollect(folder, {
    redis: { url: `redis://127.0.0.1:${redisPort}` },
    ...(postgresUrl === undefined ? { files: { dir: lake } } : { postgres: { url: postgresUrl } }),
  });
  return [
    '',
    'A site and its centre:',
    `  the site    ${site}  (values move within seconds)`,
    `  the fleet   ${fleet}`,
    `  its stream  redis-cli -p ${redisPort} xrevrange 'webscada:{${SITE}}:log' + - COUNT 1`,
    postgresUrl === undefined
      ? `  its records in files below ${lake}: PostgreSQL is not installed (apt-get install postgresql)`
      : `  its records psql ${postgresUrl} -c 'select count(*) from webscada.records'`,
    '',
    `Ctrl-C stops all of it and removes ${folder}`,
  ];
}

/** The URL of a fresh PostgreSQL, or undefined where it is not installed. */
async function startPostgres(folder: string): Promise<string | undefined> {
  const postgres = findProgram('postgres', postgresFolders());
  const initdb = findProgram('initdb', postgresFolders());
  if (postgres === undefined || initdb === undefined) return undefined;
  const data = join(folder, 'postgres');
  mkdirSync(data);
  // It refuses to run as root.
  const as = isRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--'] : [];
  if (isRoot) execFileSync('chown', ['postgres:postgres', data]);
  const [command = '', ...rest] = [...as, initdb, '-D', data, '-U', 'webscada'];
  const options: ExecFileSyncOptions = { cwd: '/', stdio: ['pipe', 'ignore', 'pipe'] };
  execFileSync(command, [...rest, '--auth=trust', '--encoding=UTF8', '--no-sync'], options);
  const [single = '', ...more] = [...as, postgres, '--single', '-D', data, 'template1'];
  execFileSync(single, more, { ...options, input: 'CREATE DATABASE webscada\n' });
  const port = await freePort();
  const where = ['-D', data, '-k', data, '-h', '127.0.0.1', '-p', `${port}`];
  // SIGINT ends it with its sessions, SIGTERM would wait for them.
  launch('PostgreSQL', [...as, postgres, ...where, '-c', 'fsync=off'], 'SIGINT');
  await connected('PostgreSQL', port);
  return `postgres://webscada@127.0.0.1:${port}/webscada`;
}

async function startSite(folder: string, centre: string): Promise<string> {
  const port = await usualPort(8080);
  const file = join(folder, 'site.json');
  const settings = {
    site: { id: SITE, name: 'Demo site' },
    http: { port },
    mqtt: { embedded_port: await freePort() },
    store: { dir: join(folder, 'site') },
    simulator: { enabled: true },
    centre: { url: centre },
    log: { level: 'warn' },
  };
  writeFileSync(file, JSON.stringify(settings));
  launch(
    'the site',
    [process.execPath, '--max-semi-space-size=1', program, 'run', '--config', file],
    'SIGTERM',
  );
  await connected('the site', port);
  return `http://127.0.0.1:${port}/`;
}

async function startCollect(folder: string, sinks: object): Promise<string> {
  const port = await usualPort(9180);
  const file = join(folder, 'collect.json');
  const settings = { ...sinks, http: { listen: `127.0.0.1:${port}` }, log: { level: 'warn' } };
  writeFileSync(file, JSON.stringify(settings));
  launch('collect', [process.execPath, program, 'collect', '--config', file], 'SIGTERM');
  await connected('collect', port);
  return `http://127.0.0.1:${port}/`;
}

function launch(name: string, [command = '', ...args]: readonly string[], stopSignal: NodeJS.Signals): void {
  // A group of its own: Ctrl-C is for us, and we end them in order.
  const child = spawn(command, args, { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      console.error(`${name}: ${error.message}`);
      resolve();
    });
    child.once('exit', (code, signal) => {
      if (!stopping) console.error(`${name} ended (${signal ?? `exit code ${code}`}):\n${said}`);
      resolve();
    });
  });
  parts.push({ name, child, ended, stopSignal });
}

/** What is to be said when the first of the parts has ended by itself. */
async function anyEnd(): Promise<string> {
  while (!stopping) {
    const gone = parts.find(({ child }) => child.exitCode !== null || child.signalCode !== null);
    if (gone) return `${gone.name} has ended; so does the demo.`;
    await sleep(100);
  }
  return 'stopped';
}

/** The last started first, so that nobody complains about another; in less than 5 s. */
async function stopAll(): Promise<void> {
  stopping = true;
  const clients = parts.slice(-2).filter(({ name }) => name !== 'Redis' && name !== 'PostgreSQL');
  for (const group of [clients, parts.filter((part) => !clients.includes(part))]) {
    for (const { child, stopSignal } of group) child.kill(stopSignal);
    const killer = setTimeout(() => {
      for (const { child } of group) child.kill('SIGKILL');
    }, STOP_MS / 2);
    await Promise.all(group.map(({ ended }) => ended));
    clearTimeout(killer);
  }
}

function findProgram(name: string, more: readonly string[]): string | undefined {
  const folders = [...more, ...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** Debian keeps PostgreSQL's programs out of the way, a folder for each version. */
function postgresFolders(): string[] {
  const all = '/usr/lib/postgresql';
  const versions = existsSync(all) ? readdirSync(all) : [];
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(all, version, 'bin'));
}

async function usualPort(wanted: number): Promise<number> {
  if (values['any-port']) return freePort();
  return (await canListen(wanted)) ?? freePort();
}

async function freePort(): Promise<number> {
  return (await canListen(0)) ?? 0;
}

/** The port when it is free, another for 0. */
function canListen(port: number): Promise<number | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

async function connected(name: string, port: number): Promise<void> {
  const deadlineMs = performance.now() + START_MS;
  while (!(await answers(port))) {
    if (performance.now() > deadlineMs) throw new Error(`${name} does not answer at port ${port}`);
    await sleep(50);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
