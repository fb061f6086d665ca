/**
 * What traces of frames cost in processor time: off against the same code without the places that ask for a trace, and on at the
 * default sampling, blocks of frames in turn in one process; several processes, since one may be luckier than another.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../test/support/process.ts';
import { startRedis } from '../../test/support/redis.ts';
import { startTraceReceiver } from '../../test/support/trace-receiver.ts';
import { SMALL_BOX } from './demo-site.ts';
import { type Figure, figure } from './figure.ts';
import { median, quantile } from './median.ts';
import { copySources } from './without-tracing.ts';

const FRAMES_A_BLOCK = 2_000;
const SETS = 10_000 / FRAMES_A_BLOCK;
const LONGEST_MS = 900_000;
/** What tracing may cost while it is off. */
const MOST = 0.01;

export interface TracingOptions {
  readonly processes: number;
  readonly rounds: number;
}

/** CPU seconds of a block of each kind. */
interface Round {
  readonly without: number;
  readonly off: number;
  readonly on: number;
}

export async function tracing(options: TracingOptions): Promise<Figure[]> {
  const { processes, rounds } = options;
  const sources = copySources();
  const folder = temporaryFolder();
  const [receiver, redis] = [await startTraceReceiver(), await startRedis(folder.path)];
  const measured: Round[][] = [];
  try {
    for (let n = 0; n < processes; n++) {
      const copies = [sources.without, sources.off, sources.on];
      measured.push(await oneProcess([...copies, receiver.url, redis.url, rounds, FRAMES_A_BLOCK]));
      await redis.client.flushall();
    }
  } finally {
    await Promise.all([receiver.stop(), redis.stop()]);
    sources.remove();
    folder.remove();
  }
  if (receiver.spans.length === 0) throw new Error('nothing was traced where tracing is on');
  return figuresOf(measured, options);
}

async function oneProcess(words: readonly (string | number)[]): Promise<Round[]> {
  const args = ['--no-warnings', join(import.meta.dirname, 'tracing-process.ts'), ...words.map(String)];
  const env = { ...process.env, ...SMALL_BOX };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: LONGEST_MS });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Round);
}

function figuresOf(measured: readonly (readonly Round[])[], { processes, rounds }: TracingOptions): Figure[] {
  const how = `frames of 100 devices go through gateway, codec, store and both sinks (a real Redis, an InfluxDB that takes all) in one process from three copies of the source, ${FRAMES_A_BLOCK} at a time, in turn: without the hooks of tracing, off, on with one frame of 100 traced; processor time of the process, lower quartile of ${rounds} rounds, median of ${processes} processes`;
  // Other programs make a block dearer and never cheaper.
  const costOf = (kind: keyof Round, process: readonly Round[]) =>
    quantile(
      process.map((round) => round[kind]),
      0.25,
    );
  const told = (kind: 'off' | 'on'): Figure => {
    const ratios = measured.map((process) => costOf(kind, process) / costOf('without', process));
    const each = ratios.map((ratio) => ratio.toFixed(3)).join(', ');
    if (kind === 'off' && Math.min(...ratios) > 1 + MOST)
      throw new Error(`tracing costs more than ${MOST * 100} % while it is off: ${each}`);
    const seconds = median(measured.map((process) => costOf(kind, process))) * SETS;
    const label = `CPU s per 10 000 uplinks, tracing ${kind} (ratio of each process: ${each})`;
    // The ratio is that of blocks of one process, and not that of two medians.
    const reference = seconds / median(ratios);
    return figure(`tracing.${kind}`, label, [seconds, 's'], how, {
      ...{ reference, to: 'the same code without its hooks' },
    });
  };
  return [told('off'), told('on')];
}
