/**
 * Every figure of the appliance in one run, beside what can be had in the same run: MQTT.js doing nothing, an empty Node
 * process, SQLite alone, and Telegraf where it is given. Prints a table in Markdown with how each figure was measured. A part
 * that fails or cannot be had is told, and the others go on.
 *
 * `--quick` for short runs, `--only downlink,start` for parts (see PARTS), `--json FILE`, `--records N` for the history (10
 * million), `--telegraf PATH`, `--influx URL` with `--influx-token`, `--influx-org`, `--influx-bucket`.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { alarms } from './bench/alarms.ts';
import { burst, steady } from './bench/burst.ts';
import { downlink } from './bench/downlink.ts';
import { executable } from './bench/executable.ts';
import { type Figure, type Missing, markdown, type Report, Unavailable } from './bench/figure.ts';
import { flash } from './bench/flash.ts';
import { history } from './bench/history.ts';
import { slowCards } from './bench/slow-card.ts';
import { idle, start } from './bench/start.ts';
import { throughput } from './bench/throughput.ts';
import { tracing } from './bench/tracing.ts';

interface Settings {
  readonly quick: boolean;
  readonly records: number;
  readonly telegraf: string | undefined;
  readonly influx: Parameters<typeof throughput>[0]['influx'];
}

type Part = (settings: Settings) => Promise<Figure[]>;

const root = dirname(import.meta.dirname);

/** In this order. Figures that count bytes or memory, and not time, share a turn. */
const PARTS: Readonly<Record<string, Part>> = {
  start: ({ quick }) => start(quick ? 5 : 11),
  throughput: ({ quick, telegraf, influx }) =>
    throughput({ frames: quick ? 20_000 : 100_000, rounds: quick ? 1 : 2, telegraf, influx }),
  burst: () => burst(20_000),
  steady: ({ quick }) => steady(200, quick ? 10 : 30),
  alarms: ({ quick }) => alarms(quick ? 8 : 20, quick ? 2 : 4),
  tracing: ({ quick }) => tracing({ processes: quick ? 1 : 3, rounds: quick ? 6 : 15 }),
  downlink: ({ quick }) => downlink({ seconds: quick ? 10 : 30, rate: 200, probes: 10 }),
  'slow-card': ({ quick }) => slowCards(quick ? 5 : 15),
  flash: ({ quick }) => flash([1, 10, 100], quick ? 20 : 60),
  idle: ({ quick }) => idle(quick ? 20 : 60, quick ? 5 : 15),
  history: ({ quick, records }) => history(quick ? 1_000_000 : records),
};
const TOGETHER = ['flash', 'idle'];

function readSettings() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      records: { type: 'string', default: '10000000' },
      telegraf: { type: 'string' },
      influx: { type: 'string' },
      'influx-token': { type: 'string', default: '' },
      'influx-org': { type: 'string', default: 'webscada' },
      'influx-bucket': { type: 'string', default: 'webscada' },
    },
  });
  const only = values.only?.split(',') ?? Object.keys(PARTS);
  const unknown = only.filter((name) => !(name in PARTS) && name !== 'executable');
  if (unknown.length > 0)
    fail(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}, executable`);
  const records = Number(values.records);
  if (!Number.isInteger(records) || records < 1_000_000) fail('--records wants a million or more');
  if (values.telegraf !== undefined && !existsSync(values.telegraf)) fail(`no file ${values.telegraf}`);
  const { quick, telegraf } = values;
  const [token, org, bucket] = [values['influx-token'], values['influx-org'], values['influx-bucket']];
  const influx = values.influx === undefined ? undefined : { url: values.influx, token, org, bucket };
  return { only, json: values.json, settings: { quick, records, telegraf, influx } };
}

function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(2);
}

/** Never throws: what fails is told in the table. */
async function measure(name: string, settings: Settings): Promise<readonly Figure[] | Missing> {
  const startedMs = performance.now();
  try {
    const figures = (await PARTS[name]?.(settings)) ?? [];
    const bad = figures.find(({ value }) => !Number.isFinite(value));
    if (bad) throw new Error(`${bad.label}: no number`);
    console.error(`bench: ${name}: ${((performance.now() - startedMs) / 1_000).toFixed(0)} s`);
    return figures;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    console.error(`bench: ${name}: ${why}`);
    return { part: name, why: why.slice(0, 500), skipped: error instanceof Unavailable };
  }
}

async function run(): Promise<void> {
  const { only, json, settings } = readSettings();
  const load = loadavg();
  const results: (readonly Figure[] | Missing)[] = [];
  const alone = Object.keys(PARTS).filter((name) => only.includes(name) && !TOGETHER.includes(name));
  for (const name of alone) results.push(await measure(name, settings));
  const together = TOGETHER.filter((name) => only.includes(name));
  results.push(...(await Promise.all(together.map((name) => measure(name, settings)))));
  const report: Report = {
    ...{ node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load },
    quick: settings.quick,
    figures: results.flatMap((result) => ('part' in result ? [] : result)),
    missing: results.flatMap((result) => ('part' in result ? [result] : [])),
  };
  console.log(markdown(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  // It prints its own table, and needs `npm run build`.
  if (only.includes('executable') && existsSync(join(root, 'out/webscada-edge'))) await executable(9);
  else if (only.includes('executable'))
    console.error('bench: executable: no out/webscada-edge: npm run build');
  if (report.missing.some(({ skipped }) => !skipped)) process.exitCode = 1;
}

await run();
