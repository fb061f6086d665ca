/** The verbs about InfluxDB: have the running box write the log again, or look whether what was delivered is there. */
import { BOX_OPTIONS, type Failure, findBox } from './box-api.ts';
import { momentOf } from './moment.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

const GROUP = 'InfluxDB';

/** As the API shows it. */
interface Rewind {
  readonly state: string;
  readonly from: string;
  readonly to?: string;
  readonly share: number;
  readonly written: number;
  readonly tooOld: number;
  readonly refused: number;
  readonly quarantined: number;
  readonly gone: number;
  readonly logFrom?: string;
  readonly reason?: string;
}

const influxRewind: Verb = {
  name: 'influx rewind',
  group: GROUP,
  synopsis: '--from TIME [--to TIME] | --cancel | (alone: how far it is)',
  summary: 'write the log to InfluxDB again from a time on, as after it lost data',
  details:
    'Needs the running box. What is there is overwritten by itself: a record has the same series, time and values each time. Fresh readings go first; the counts of what was delivered stay. Only what the log still has can be written.',
  options: {
    from: {
      type: 'string',
      value: 'TIME',
      summary: 'readings from this time on: 2026-11-20, 2026-11-20T08:00Z',
    },
    to: {
      type: 'string',
      value: 'TIME',
      summary: 'readings before this time (what is there now if not given)',
    },
    cancel: { type: 'boolean', summary: 'end the one under way' },
    json: { type: 'boolean', summary: 'as JSON' },
    ...BOX_OPTIONS,
  },
  examples: ['webscada-edge influx rewind --from 2026-11-20T08:00Z', 'webscada-edge influx rewind'],
  async run(given, world) {
    const [from, to] = [given.text('from'), given.text('to')];
    const isCancel = given.flag('cancel');
    if (from === undefined ? to !== undefined : isCancel) {
      return wrong(to === undefined ? '--cancel goes alone' : '--to needs --from', world);
    }
    const times = { from: isoOf(from), to: isoOf(to) };
    for (const [name, time] of Object.entries(times)) {
      if (time === '')
        return wrong(`--${name} is no time: 2026-11-20, or 2026-11-20T08:00Z with its zone`, world);
    }
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const path = `/api/v1/influx/rewind${isCancel ? '/cancel' : ''}`;
    const isQuestion = from === undefined && !isCancel;
    const answer = isQuestion ? await box.ask('/api/v1/status') : await box.ask(path, isCancel ? {} : times);
    if (!answer.ok) return failed(answer, world);
    const rewind = isQuestion
      ? (answer.json as { influx: { rewind?: Rewind } }).influx.rewind
      : (answer.json as Rewind);
    if (given.flag('json')) world.stdout.write(`${JSON.stringify(rewind ?? null)}\n`);
    else world.stdout.write(`${rewind ? describe(rewind) : 'the log was never written again'}\n`);
    return rewind?.state === 'stopped' && isQuestion ? EXIT.failure : EXIT.ok;
  },
};

const influxCheck: Verb = {
  name: 'influx check',
  group: GROUP,
  synopsis: '[--accept] [--json]',
  summary: 'look up some delivered readings in InfluxDB, by their exact times',
  details:
    'Needs the running box, which does the same once a day. Exit code 0: all are there; 3: some are missing, and it is said from when on to write the log again; 1: the server does not tell.',
  options: {
    accept: { type: 'boolean', summary: 'what is missing was deleted on purpose: do not ask for it again' },
    json: { type: 'boolean', summary: 'as JSON' },
    ...BOX_OPTIONS,
  },
  examples: ['webscada-edge influx check'],
  async run(given, world) {
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const answer = await box.ask('/api/v1/influx/check', given.flag('accept') ? { accept: true } : {});
    if (!answer.ok) return failed(answer, world);
    const { state, detail, hint } = answer.json as { state: string; detail: string; hint?: string };
    if (given.flag('json')) world.stdout.write(`${JSON.stringify(answer.json)}\n`);
    else world.stdout.write(`${detail}\n${hint === undefined ? '' : `${hint}\n`}`);
    if (state === 'missing') return EXIT.degraded;
    return state === 'cannot' ? EXIT.failure : EXIT.ok;
  },
};

export const INFLUX_VERBS: readonly Verb[] = [influxRewind, influxCheck];

/** ISO 8601 in UTC; '' for what is no time. */
function isoOf(text: string | undefined): string | undefined {
  const ms = momentOf(text);
  if (ms === undefined) return undefined;
  return ms === 'wrong' ? '' : new Date(ms).toISOString();
}

function describe(rewind: Rewind): string {
  const { state, from, to, share, written, tooOld, refused, quarantined, gone, logFrom, reason } = rewind;
  const range = `from ${from}${to === undefined ? '' : ` to ${to}`}`;
  const begins = {
    running: `writing again ${range}: ${Math.floor(share * 100)} %`,
    done: `written again ${range}`,
  }[state];
  const parts = Object.entries({
    'older than the bucket keeps': tooOld,
    refused,
    'left in quarantine': quarantined,
    'not in the log any more': gone,
  }).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  const log =
    logFrom === undefined ? '' : `\nthe log begins at ${logFrom}: what is older cannot be written again`;
  const head = begins ?? `stopped at ${Math.floor(share * 100)} %, ${range}: ${reason ?? ''}`;
  return `${[head, `${written} records written`, ...parts].join(', ')}${log}`;
}

function failed({ code, problem }: Failure, world: CliWorld): number {
  world.stderr.write(`webscada-edge: ${problem}\n`);
  return code;
}

function wrong(problem: string, world: CliWorld): number {
  world.stderr.write(`webscada-edge: ${problem}\n`);
  return EXIT.usage;
}
