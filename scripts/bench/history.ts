/**
 * What a chart costs: a year of one device (500 000 readings among `--records`, 2 million unless given) for 1 000 pixels,
 * zooms into it, and its last 24 hours while 500 readings a second come in. The store is made anew in a temporary folder by
 * way of its own commits; the questions are asked by a process of their own. The system's page cache is warm, as after a
 * write; SQLite's and the program's are cold for the first question.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { HistoryQuery, Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../../test/support/process.ts';
import { createFastWorld } from '../../test/support/world.ts';
import { type Figure, figure } from './figure.ts';
import { fillYear, otherDevice, readingOf } from './year-store.ts';

const { values } = parseArgs({
  options: { records: { type: 'string', default: '2000000' }, ask: { type: 'string' } },
  strict: false,
});
const DAY_MS = 86_400_000;
const OWN = 500_000;
const END_MS = Date.UTC(2026, 0, 1);
const DEVICE = '0000000000000000';

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** What the child process says. */
export interface HistoryCosts {
  readonly year: Cost;
  readonly yearAgain: Cost;
  readonly month: Cost;
  readonly week: Cost;
  readonly oldDay: Cost;
  /** Of the last 24 hours beside 500 readings a second. */
  readonly dayP50: Cost;
  readonly dayP95: Cost;
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function costOf(store: Store, query: HistoryQuery): Promise<Cost> {
  const [startMs, cpu] = [performance.now(), process.cpuUsage()];
  const { series, source, behind } = await store.history(DEVICE, query);
  const cost = { wallMs: performance.now() - startMs, cpuMs: cpuMsSince(cpu) };
  const points = series[0]?.points.length ?? 0;
  if (series.length !== 5 || points < 150 || behind > 0)
    throw new Error(`${series.length} fields, ${points} points of ${source}, ${behind} behind`);
  return cost;
}

async function askAll(dir: string): Promise<HistoryCosts> {
  const store = openStore({ dir, world: createFastWorld(1) });
  const within = (daysAgo: number, days: number): HistoryQuery => ({
    ...{ fromMs: END_MS - daysAgo * DAY_MS, toMs: END_MS - (daysAgo - days) * DAY_MS, buckets: 1_000 },
  });
  const year = await costOf(store, within(365, 365));
  const yearAgain = await costOf(store, within(365, 365));
  const month = await costOf(store, within(300, 30));
  const week = await costOf(store, within(290, 7));
  const oldDay = await costOf(store, within(285, 1));
  const days = await besideTraffic(store);
  await store.close();
  const quantile = (of: number): Cost => ({
    wallMs: sortedAt(
      days.map(({ wallMs }) => wallMs),
      of,
    ),
    cpuMs: sortedAt(
      days.map(({ cpuMs }) => cpuMs),
      of,
    ),
  });
  return { year, yearAgain, month, week, oldDay, dayP50: quantile(0.5), dayP95: quantile(0.95) };
}

function sortedAt(list: number[], quantile: number): number {
  return list.sort((a, b) => a - b)[Math.floor(list.length * quantile)] ?? Number.NaN;
}

/** A hundred questions for the last 24 hours while 500 readings a second are committed. */
async function besideTraffic(store: Store): Promise<Cost[]> {
  let index = 0;
  const traffic = setInterval(() => {
    for (let n = 0; n < 10; n++, index++) {
      void store.commit({ records: [readingOf(index, otherDevice(index), END_MS + index * 2)] });
    }
  }, 20);
  const costs: Cost[] = [];
  for (let n = 0; n < 100; n++) {
    await sleep(100);
    const day = { fromMs: END_MS - DAY_MS, toMs: END_MS + DAY_MS, buckets: 1_000 };
    costs.push(await costOf(store, day));
  }
  clearInterval(traffic);
  await store.synced();
  return costs;
}

/** Makes the store and asks it. */
export async function history(records: number): Promise<Figure[]> {
  const folder = temporaryFolder();
  try {
    const perRecord = await fillYear({
      ...{ dir: folder.path, records, own: OWN },
      ...{ device: DEVICE, endMs: END_MS },
    });
    const { year, yearAgain, month, week, oldDay, dayP50, dayP95 } = ask(folder.path);
    const million = `${(records / 1e6).toFixed(1)} million records`;
    const how = `wall clock; ${million}, ${OWN} of one device in a year, made by the store's own commits (${perRecord.toFixed(1)} us CPU each); asked by a process of its own, minimum and maximum by buckets for 1 000 px; the system's page cache is warm`;
    const row = (key: string, label: string, { wallMs }: Cost) =>
      figure(`history.${key}`, label, [wallMs, 'ms'], how);
    return [
      row('year', "a year's chart of one device, first question of the process", year),
      row('year.again', "a year's chart, again", yearAgain),
      row('month', 'a month, ten months ago', month),
      row('week', 'a week, ten months ago', week),
      row('old-day', 'a day, ten months ago', oldDay),
      row('day.p50', `24 h of one device in ${million}, p50, beside 500 readings/s`, dayP50),
      row('day.p95', `24 h of one device in ${million}, p95, beside 500 readings/s`, dayP95),
    ];
  } finally {
    folder.remove();
  }
}

function ask(dir: string): HistoryCosts {
  const args = ['--no-warnings', import.meta.filename, '--ask', dir];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as HistoryCosts;
}

if (typeof values.ask === 'string') console.log(JSON.stringify(await askAll(values.ask)));
else if (import.meta.main) {
  for (const { label, value, unit } of await history(Number(values.records))) {
    console.log(label.padEnd(70), `${value.toFixed(1)} ${unit}`);
  }
}
