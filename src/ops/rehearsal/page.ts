/** The page of an outage rehearsal: what was cut, what was seen, what was proved; text for a terminal and for paper. Pure. */
import type { LineName } from '../../model/line.ts';
import { type Rehearsal, type RehearsalCheck, verdictOf } from '../../model/rehearsal.ts';

const WORDS: Readonly<Record<LineName, string>> = { centre: 'centre', influx: 'InfluxDB', broker: 'broker' };
const OUTCOMES: Readonly<Record<RehearsalCheck['outcome'], string>> = {
  proved: 'proved',
  failed: 'FAILED',
  unproved: 'not proved',
};
/** Rows of the table of what waited. */
const MAX_ROWS = 20;

export function rehearsalPage(rehearsal: Rehearsal, site: string): string {
  const { startedMs, by, endedMs, cutShort } = rehearsal;
  return [
    `Outage rehearsal of ${site}`,
    `begun ${iso(startedMs)} by ${by}${endedMs === undefined ? '' : `, ended ${iso(endedMs)}`}`,
    ...(cutShort === undefined ? [] : [`ended before its time: ${cutShort}`]),
    '',
    'Lines cut',
    ...rehearsal.lines.map(lineRow),
    '',
    'What waited on the box',
    ...waitingRows(rehearsal),
    '',
    'What happened',
    ...rehearsal.events.map(({ timeMs, text }) => `  ${clockOf(timeMs)}  ${text}`),
    '',
    'What was proved',
    ...(rehearsal.checks.length === 0
      ? ['  nothing yet: it is not over']
      : rehearsal.checks.map(
          ({ what, outcome, text }) => `  ${OUTCOMES[outcome].padEnd(10)} ${what}: ${text}`,
        )),
    '',
    verdictText(rehearsal),
    '',
  ].join('\n');
}

function verdictText(rehearsal: Rehearsal): string {
  if (rehearsal.state === 'running') return 'It is under way.';
  if (rehearsal.state === 'catching_up') return 'All lines are whole; what waited is being delivered.';
  switch (verdictOf(rehearsal)) {
    case 'proved':
      return 'Nothing was lost, nothing was doubled.';
    case 'failed':
      return 'SOMETHING IS MISSING OR DOUBLED: see above. Keep the log of this box and make a support bundle.';
    case 'unproved':
      return 'No loss was found, but not everything could be looked at: see above.';
  }
}

function lineRow({ line, fromMs, untilMs, mendedMs = untilMs }: Rehearsal['lines'][number]): string {
  return `  ${WORDS[line].padEnd(10)} ${clockOf(fromMs)} to ${clockOf(mendedMs)} (${durationText(mendedMs - fromMs)})`;
}

function waitingRows({ samples }: Rehearsal): string[] {
  const step = Math.ceil(samples.length / MAX_ROWS);
  const shown = samples.filter((_, at) => at % step === 0 || at === samples.length - 1);
  const names = Object.keys(samples[0]?.waiting ?? {});
  const row = (cells: readonly string[]) => `  ${cells.map((cell) => cell.padStart(12)).join('')}`;
  return [
    row(['time', 'records', ...names, 'store MB']),
    ...shown.map(({ timeMs, lastSeq, waiting, storeBytes }) =>
      row([
        clockOf(timeMs),
        String(lastSeq),
        ...names.map((name) => String(waiting[name] ?? 0)),
        (storeBytes / 1e6).toFixed(1),
      ]),
    ),
  ];
}

/** 2 h, 30 min, 90 s: by the second below two minutes. */
export function durationText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();
const clockOf = (timeMs: number): string => iso(timeMs).slice(11, 19);
