/** A real Mosquitto for tests, with its persistence in a folder of its own so that it can be killed and started again. */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findServer, freePort, type RunningServer, startServer, temporaryFolder } from './process.ts';

export interface MosquittoOptions {
  /** A free one unless given. */
  readonly port?: number;
  /** Lines for mosquitto.conf besides ours. */
  readonly config?: readonly string[];
  /** User names and passwords; without them anyone may connect. */
  readonly users?: Readonly<Record<string, string>>;
  /** Serve TLS with these PEM files; with `requireCertificate` clients need one of the same CA. */
  readonly tls?: {
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
    readonly requireCertificate?: boolean;
  };
}

export interface Mosquitto {
  readonly port: number;
  /** mqtt://127.0.0.1:port, or mqtts://localhost:port with TLS. */
  readonly url: string;
  /** Everything the running one printed so far. */
  output(): string;
  /** As `kill` of the shell. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once without a chance to save, as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port with what its persistence holds. */
  start(): Promise<void>;
  /** kill or a clean stop, then start. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it for good and removes its folder. */
  stop(): Promise<void>;
}

/** Starts Mosquitto on a loopback port. Queues of persistent sessions are unbounded and saved at a clean stop. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const command = findServer('mosquitto');
  if (!command) throw new Error('mosquitto is not installed');
  const folder = temporaryFolder();
  const port = options.port ?? (await freePort());
  const configFile = join(folder.path, 'mosquitto.conf');
  writeFileSync(configFile, `${configLines(folder.path, port, options).join('\n')}\n`);
  // Started as root, Mosquitto would change to a user of its own, which could not write here.
  chmodSync(folder.path, 0o755);
  let server: RunningServer | undefined;
  const start = async (): Promise<void> => {
    server = await startServer(command, ['-c', configFile], { port });
  };
  const restart = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    await server?.stop(signal);
    await start();
  };
  try {
    await start();
  } catch (error) {
    folder.remove();
    throw error;
  }
  return {
    port,
    url: options.tls ? `mqtts://localhost:${port}` : `mqtt://127.0.0.1:${port}`,
    output: () => server?.output() ?? '',
    signal: (signal) => void server?.process.kill(signal),
    kill: async () => server?.stop('SIGKILL'),
    start,
    restart,
    async stop() {
      await server?.stop();
      folder.remove();
    },
  };
}

function configLines(folder: string, port: number, options: MosquittoOptions): string[] {
  const { tls, users } = options;
  return [
    ...(process.getuid?.() === 0 ? ['user root'] : []),
    'persistence true',
    `persistence_location ${folder}/`,
    'max_queued_messages 0',
    'max_inflight_messages 100',
    'log_type error',
    'log_type warning',
    'log_type notice',
    `listener ${port} ${tls ? 'localhost' : '127.0.0.1'}`,
    ...(tls ? [`cafile ${tls.caFile}`, `certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`] : []),
    ...(tls?.requireCertificate ? ['require_certificate true'] : []),
    ...(users
      ? ['allow_anonymous false', `password_file ${passwordFile(folder, users)}`]
      : ['allow_anonymous true']),
    ...(options.config ?? []),
  ];
}

function passwordFile(folder: string, users: Readonly<Record<string, string>>): string {
  const file = join(folder, 'passwords');
  const lines = Object.entries(users).map(([name, password]) => `${name}:${password}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  execFileSync('mosquitto_passwd', ['-U', file], { stdio: 'ignore' });
  // -U hashes in place; a file it left alone would let nobody in and explain nothing.
  if (lines.length > 0 && lines.every((line) => readFileSync(file, 'utf8').includes(line))) {
    throw new Error('mosquitto_passwd did not hash the passwords');
  }
  return file;
}
