/** The appliance as a process of its own, as it is shipped: the bundle in dist/, or the executable WSE_TEST_PROGRAM names. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, type RunningServer, startServer } from './process.ts';

/** How the appliance is called. */
export type Program = readonly [command: string, ...args: string[]];

const BUNDLE = join(import.meta.dirname, '../../dist/main.js');

/** The bundle, built by the set-up of the tests: it starts in a third of the processor time that the source takes. */
export const BUNDLED: Program = [process.execPath, BUNDLE];

export interface ApplianceProcess extends RunningServer {
  readonly url: string;
  /** GET of an API path, as JSON. */
  get<T>(path: string): Promise<T>;
  /** Figures of the operating system about it so far. */
  usage(): ProcessUsage;
}

export interface ProcessUsage {
  /** User and system seconds. */
  readonly cpuS: number;
  readonly peakBytes: number;
  readonly rssBytes: number;
  /** Bytes it made the kernel write to disk. */
  readonly writtenBytes: number;
}

/** Settings as a JSON file in `folder`; the HTTP port is the caller's to choose. */
export function writeSettings(
  folder: string,
  { store = {}, ...settings }: Readonly<Record<string, unknown>> & { readonly store?: object },
): string {
  const file = join(folder, 'site.json');
  // Where folders for the moment lie in memory, that is no fault of the box under test.
  const all = { ...settings, store: { may_be_lost: true, ...store } };
  writeFileSync(file, JSON.stringify(all, null, 2));
  return file;
}

/** Starts the appliance with the settings in `file` and waits for its pages. */
export async function startAppliance(
  file: string,
  httpPort: number,
  env: Readonly<Record<string, string>> = {},
  [command, ...args]: Program = shippedProgram(),
): Promise<ApplianceProcess> {
  const server = await startServer(command, [...args, 'run', '--config', file], { port: httpPort }, env);
  const url = `http://127.0.0.1:${httpPort}`;
  return {
    ...server,
    url,
    async get<T>(path: string): Promise<T> {
      const response = await fetch(url + path);
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    usage: () => processUsage(server.process.pid ?? 0),
  };
}

function shippedProgram(): Program {
  const program = process.env.WSE_TEST_PROGRAM;
  if (program) return [program];
  if (!existsSync(BUNDLE)) throw new Error('no dist/main.js: run `npm run build` first');
  return BUNDLED;
}

/** What /proc says of a process. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  const figure = (text: string, name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return {
    // Fields 14 and 15, in ticks of a hundredth of a second.
    cpuS: (Number(stat[11]) + Number(stat[12])) / 100,
    peakBytes: figure(status, 'VmHWM') * 1024,
    rssBytes: figure(status, 'VmRSS') * 1024,
    writtenBytes: figure(io, 'write_bytes'),
  };
}

interface Sink {
  readonly state: string;
  readonly pending: number;
}
export interface Status {
  readonly store: { readonly lastSeq: number; readonly sizeBytes: number };
  readonly broker: { readonly state: string; readonly messages: number };
  readonly influx: Sink;
  readonly centre: Sink;
  readonly refused: Readonly<Record<string, number>>;
}

/** Waits until both sinks have everything that the log holds. */
export async function drained(appliance: Pick<ApplianceProcess, 'get'>, timeoutMs: number): Promise<Status> {
  return eventually(
    'both sinks have everything',
    async () => {
      const status = await appliance.get<Status>('/api/v1/status');
      return status.influx.pending === 0 && status.centre.pending === 0 ? status : false;
    },
    timeoutMs,
  );
}
