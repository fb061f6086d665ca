/** The verbs about quarantine: look at the records a sink refused, also while the box is stopped; drop, mend, write again. */
import type { QuarantineOutcome, QuarantineSelection } from '../model/quarantine.ts';
import type { QuarantinedRecord } from '../store/contract.ts';
import { BOX_OPTIONS, type Box, findBox } from './box-api.ts';
import { type CliWorld, EXIT, type Given, type Option, type Verb } from './verb.ts';

const GROUP = 'Quarantine';
const MAX_SEQS = 1_000;
const FIELD_TYPES: readonly string[] = ['number', 'string', 'boolean', 'remove'];

const sinkOption = {
  sink: { type: 'string', value: 'NAME', summary: 'the sink that refused them (influx)' },
} as const satisfies Readonly<Record<string, Option>>;
const filterOptions = {
  reason: { type: 'string', value: 'TEXT', summary: 'records whose reason contains TEXT' },
  device: { type: 'string', value: 'DEVEUI', summary: 'records of this device' },
} as const satisfies Readonly<Record<string, Option>>;
const selectOptions = {
  ...sinkOption,
  ...filterOptions,
  all: { type: 'boolean', summary: 'all records' },
  note: { type: 'string', value: 'TEXT', summary: 'why; kept in the log' },
} as const satisfies Readonly<Record<string, Option>>;

/** A record as the API shows it. */
interface Shown {
  readonly seq: number;
  readonly time: string;
  readonly kind: string;
  readonly device: string | null;
  readonly reason: string;
  readonly quarantined: string;
  readonly body: unknown;
}

export const quarantineList: Verb = {
  name: 'quarantine list',
  group: GROUP,
  synopsis: '[--reason TEXT] [--device DEVEUI] [--limit N] [--json]',
  summary: 'list the records a sink refused for good',
  details: 'Asks the running box; when it is stopped, the store itself is read.',
  options: {
    limit: { type: 'string', value: 'N', summary: 'at most N records (100)' },
    json: { type: 'boolean', summary: 'one JSON object a line, with the body' },
    ...sinkOption,
    ...filterOptions,
    ...BOX_OPTIONS,
  },
  examples: ['webscada-edge quarantine list --reason "not permitted by schema"'],
  async run(given, world) {
    const limit = Number(given.text('limit') ?? 100);
    if (!Number.isInteger(limit) || limit < 1) return wrong('--limit must be a whole number above 0', world);
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const found = await look(box, given, world, { limit });
    if (typeof found === 'number') return found;
    const lines = given.flag('json') ? found.map((record) => JSON.stringify(record)) : found.map(oneLine);
    for (const line of lines) world.stdout.write(`${line}\n`);
    if (found.length === 0) world.stderr.write('nothing is in quarantine\n');
    return EXIT.ok;
  },
};

export const quarantineShow: Verb = {
  name: 'quarantine show',
  group: GROUP,
  synopsis: 'SEQ [--sink NAME]',
  summary: 'show one of them: reason, device, fields, payload',
  details: 'Asks the running box; when it is stopped, the store itself is read.',
  options: { ...sinkOption, ...BOX_OPTIONS },
  maxWords: 1,
  examples: ['webscada-edge quarantine show 4711'],
  async run(given, world, [word = '']) {
    const [seq] = numbers([word]) ?? [];
    if (seq === undefined) return wrong('say which record: its number as `quarantine list` shows it', world);
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const found = await look(box, given, world, { limit: 1, seq });
    if (typeof found === 'number') return found;
    const [record] = found;
    if (!record) {
      world.stderr.write(`webscada-edge: record ${seq} is not in quarantine\n`);
      return EXIT.failure;
    }
    world.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    return EXIT.ok;
  },
};

export const quarantineDrop = actionVerb('drop', {
  summary: 'give records up: they count as expired, and the log says who and why',
  example: 'webscada-edge quarantine drop --device 70b3d57ed0000001 --note "test device"',
});

export const quarantineRetry = actionVerb('retry', {
  summary: 'write records again, as when InfluxDB has been put right',
  example: 'webscada-edge quarantine retry --all',
});

export const quarantineRetype = actionVerb('retype', {
  summary: 'make a field number, string or boolean, or remove it, and write the records again',
  example: 'webscada-edge quarantine retype --field level --to number --reason "not permitted by schema"',
  options: {
    field: { type: 'string', value: 'NAME', summary: 'the field' },
    to: { type: 'string', value: 'TYPE', summary: 'number, string, boolean or remove' },
  },
});

function actionVerb(
  action: string,
  about: { summary: string; example: string; options?: Readonly<Record<string, Option>> },
): Verb {
  const own = about.options ?? {};
  return {
    name: `quarantine ${action}`,
    group: GROUP,
    synopsis: `${own.field ? '--field NAME --to TYPE ' : ''}SEQ... | --reason TEXT | --device DEVEUI | --all`,
    summary: about.summary,
    details: 'Needs the running box.',
    options: { ...own, ...selectOptions, ...BOX_OPTIONS },
    maxWords: MAX_SEQS,
    examples: [about.example],
    async run(given, world, words) {
      const seqs = numbers(words);
      if (!seqs) return wrong('records are named by their numbers, as `quarantine list` shows them', world);
      const problem = actionProblem(given, seqs, own);
      if (problem !== undefined) return wrong(problem, world);
      const box = await findBox(given, world);
      if (typeof box === 'number') return box;
      const texts = ['sink', 'reason', 'device', 'note', ...Object.keys(own)].flatMap((name) => {
        const value = given.text(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      const answer = await box.ask('/api/v1/quarantine/actions', {
        action,
        ...Object.fromEntries(texts),
        ...(seqs.length > 0 ? { seqs } : {}),
        ...(given.flag('all') ? { all: true } : {}),
      });
      if (!answer.ok) return failed(answer, world);
      return tell(answer.json as QuarantineOutcome, world);
    },
  };
}

/** What is wrong with the words of an action, as far as it can be known without asking the box. */
function actionProblem(
  given: Given,
  seqs: readonly number[],
  own: Readonly<Record<string, Option>>,
): string | undefined {
  const missing = Object.keys(own).filter((name) => given.text(name) === undefined);
  if (missing.length > 0) return `say ${missing.map((name) => `--${name}`).join(' and ')}`;
  const to = given.text('to');
  if (to !== undefined && !FIELD_TYPES.includes(to)) return `--to is one of ${FIELD_TYPES.join(', ')}`;
  const chosen = seqs.length > 0 || given.text('reason') !== undefined || given.text('device') !== undefined;
  if (chosen !== given.flag('all')) return undefined;
  return 'say which records: their numbers, --reason or --device, or --all alone for all of them';
}

/** From the box, or from its store when it does not answer. */
async function look(
  box: Box,
  given: Given,
  world: CliWorld,
  { limit, seq }: { limit: number; seq?: number },
): Promise<Shown[] | number> {
  const sink = given.text('sink') ?? 'influx';
  const found: Shown[] = [];
  for (let cursor: string | undefined; found.length < limit; ) {
    const query = new URLSearchParams({ sink, limit: String(Math.min(1_000, limit - found.length)) });
    for (const name of ['reason', 'device']) {
      const value = given.text(name);
      if (value !== undefined) query.set(name, value);
    }
    if (cursor !== undefined) query.set('cursor', cursor);
    const path = seq === undefined ? `?${query}` : `/${encodeURIComponent(sink)}/${seq}`;
    const answer = await box.ask(`/api/v1/quarantine${path}`);
    if (!answer.ok) {
      return answer.unreachable
        ? lookOffline(box, given, world, { limit, sink, seq })
        : failed(answer, world);
    }
    if (seq !== undefined) return [answer.json as Shown];
    const page = answer.json as { items: Shown[]; nextCursor?: string };
    found.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  return found;
}

async function lookOffline(
  box: Box,
  given: Given,
  world: CliWorld,
  { limit, sink, seq }: { limit: number; sink: string; seq: number | undefined },
): Promise<Shown[] | number> {
  const [{ lookIntoQuarantine }, { selectQuarantined }] = await Promise.all([
    import('../store/tables/offline-quarantine.ts'),
    import('../store/tables/select-quarantined.ts'),
  ]);
  const { dir } = box.config.store;
  const reason = given.text('reason');
  const device = given.text('device')?.toLowerCase();
  const selection: QuarantineSelection = {
    ...(seq === undefined ? {} : { seqs: [seq] }),
    ...(reason === undefined ? {} : { reason }),
    ...(device === undefined ? {} : { device }),
  };
  try {
    const records = lookIntoQuarantine(dir, (quarantine) =>
      selectQuarantined(quarantine, sink, (seq ?? 1) - 1, limit, selection),
    );
    if (records) return records.map(shown);
    world.stderr.write(`webscada-edge: nobody answers at ${box.url}, and ${dir} holds no store\n`);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    world.stderr.write(`webscada-edge: the store in ${dir} cannot be read: ${words}\n`);
  }
  return EXIT.unavailable;
}

function shown({ seq, timeMs, kind, device, reason, quarantinedMs, body }: QuarantinedRecord): Shown {
  const time = new Date(timeMs).toISOString();
  const quarantined = new Date(quarantinedMs).toISOString();
  let parsed: unknown = body;
  try {
    parsed = JSON.parse(body);
  } catch {
    // Shown as the text it is.
  }
  return { seq, time, kind, device, reason, quarantined, body: parsed };
}

function oneLine({ seq, time, device, reason }: Shown): string {
  return `${seq}  ${time}  ${device ?? '-'}  ${reason.replace(/\p{Cc}+/gu, ' ')}`;
}

/** The seqs, or undefined when a word is none. */
function numbers(words: readonly string[]): number[] | undefined {
  return words.every((word) => /^[1-9]\d{0,14}$/.test(word)) ? words.map(Number) : undefined;
}

function tell(outcome: QuarantineOutcome, { stdout, stderr }: CliWorld): number {
  const { matched, delivered, dropped, refused, unfit, ahead, stopped } = outcome;
  const parts = Object.entries({
    delivered,
    dropped,
    'refused again': refused,
    unfit,
    'not reached yet': ahead,
  })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  stdout.write(`${matched} matched${parts.length > 0 ? `: ${parts.join(', ')}` : ''}\n`);
  if (stopped !== undefined) stderr.write(`webscada-edge: stopped early: ${stopped}\n`);
  if (stopped !== undefined) return EXIT.temporary;
  return refused + unfit + ahead > 0 ? EXIT.degraded : EXIT.ok;
}

function failed({ code, problem }: { code: number; problem: string }, world: CliWorld): number {
  world.stderr.write(`webscada-edge: ${problem}\n`);
  return code;
}

function wrong(problem: string, world: CliWorld): number {
  world.stderr.write(`webscada-edge: ${problem}\n`);
  return EXIT.usage;
}
