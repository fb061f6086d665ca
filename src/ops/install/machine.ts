/** What an installation needs of the machine it is on: its programs and its own facts. Tests give a made-up one. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { type Fleeting, fleetingUnder } from '../../store/medium.ts';

export interface Ran {
  /** Exit code; 127 when there is no such program. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  /** Runs a program to its end, for at most two minutes unless said. Never rejects. */
  run(command: string, args: readonly string[], limitMs?: number): Promise<Ran>;
  /** Of this process. */
  uid(): number;
  /** Content of a text file, undefined when it cannot be read. */
  read(file: string): string | undefined;
  exists(file: string): boolean;
  /** Whether a server could listen on the TCP port. */
  portFree(host: string, port: number): Promise<boolean>;
  /** For everybody, on the disk `path` is or will be on. */
  freeBytes(path: string): number;
  /** Whether what lies there is gone after the next start. */
  fleeting(path: string): Fleeting | undefined;
  /** Version of the C library, '2.36'; '' where it is another one. */
  glibc(): string;
}

const RUN_MS = 120_000;
const MAX_OUTPUT = 1_000_000;

/** The machine this runs on. */
export function thisMachine(): Machine {
  return {
    run,
    uid: () => process.getuid?.() ?? -1,
    read(file) {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
    exists: existsSync,
    portFree: (host, port) =>
      new Promise((resolve) => {
        const server = createServer();
        server.once('error', () => resolve(false));
        server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
      }),
    freeBytes(path) {
      const { bavail, bsize } = statfsSync(nearest(path));
      return bavail * bsize;
    },
    fleeting: fleetingUnder,
    glibc() {
      const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
      return report.header?.glibcVersionRuntime ?? '';
    },
  };
}

/** `path`, or the nearest folder above it that exists. */
function nearest(path: string): string {
  return existsSync(path) || path === '/' ? path : nearest(dirname(path));
}

/** Runs programs as another user, without our groups. */
export function runAs(ids: { readonly uid: number; readonly gid: number }): Machine['run'] {
  return (command, args, limitMs) => run(command, args, limitMs, ids);
}

function run(
  command: string,
  args: readonly string[],
  limitMs = RUN_MS,
  ids: { readonly uid?: number; readonly gid?: number } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    // What runs our own executable must not get the options and credentials meant for this process.
    const { NODE_OPTIONS: _options, CREDENTIALS_DIRECTORY: _credentials, ...env } = process.env;
    const child = spawn(command, [...args], {
      env: { ...env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      ...ids,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout = (stdout + chunk.toString()).slice(-MAX_OUTPUT);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-MAX_OUTPUT);
    });
    child.once('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}
