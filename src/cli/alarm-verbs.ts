/** The verbs about alarms: all of them ask the running box, which alone knows what is active. */
import { readFile } from 'node:fs/promises';
import { BOX_OPTIONS, type Box, findBox } from './box-api.ts';
import { failToRead } from './fail.ts';
import { spanMsOf } from './span.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const GROUP = 'Alarms';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** As far as the verbs show them. */
interface ShownAlarm {
  readonly id: string;
  readonly priority: string;
  readonly state: string;
  readonly silence?: string;
  readonly message: string;
  readonly active: string | null;
}

interface ShownRule {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly priority: string;
  readonly problems: readonly { readonly detail: string }[];
}

const list: Verb = {
  name: 'alarms list',
  group: GROUP,
  synopsis: '[--json]',
  summary: 'list the alarms that are not normal, the urgent first',
  details: 'Exit code 0: nothing is active that makes noise; 3: something is.',
  options: { json: { type: 'boolean', summary: 'one JSON object a line' }, ...BOX_OPTIONS },
  examples: ['webscada-edge alarms list'],
  async run(given, world) {
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const found = await itemsAt<ShownAlarm>(box, '/api/v1/alarms', world);
    if (typeof found === 'number') return found;
    for (const alarm of found)
      world.stdout.write(`${given.flag('json') ? JSON.stringify(alarm) : lineOf(alarm)}\n`);
    if (found.length === 0) world.stderr.write('no alarm\n');
    const isLoud = found.some(
      ({ state, silence }) => silence === undefined && /^(active|acknowledged)$/.test(state),
    );
    return isLoud ? EXIT.degraded : EXIT.ok;
  },
};

function lineOf({ id, priority, state, silence, message, active }: ShownAlarm): string {
  const how = silence === undefined ? state : `${state} (${silence})`;
  return [active ?? '-', priority, how, id, message.replace(/\p{Cc}+/gu, ' ')].join('  ');
}

const acknowledge: Verb = {
  name: 'alarms ack',
  group: GROUP,
  synopsis: 'ALARM... | --all [--comment TEXT]',
  summary: 'acknowledge alarms',
  options: {
    all: { type: 'boolean', summary: 'all that can be' },
    comment: { type: 'string', value: 'TEXT', summary: 'kept with it' },
    ...BOX_OPTIONS,
  },
  maxWords: 100,
  examples: ['webscada-edge alarms ack tank-high:70b3d57ed0000001', 'webscada-edge alarms ack --all'],
  async run(given, world, words) {
    if (given.flag('all') === words.length > 0) return wrong('name alarms, or say --all', world);
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const alarms = words.length > 0 ? words : await allAt(box, world);
    if (typeof alarms === 'number') return alarms;
    if (alarms.length === 0) {
      world.stderr.write('there is nothing to acknowledge\n');
      return EXIT.ok;
    }
    const comment = given.text('comment');
    const body = { alarms, ...(comment === undefined ? {} : { comment }) };
    return told<{ acknowledged: number }>(
      box,
      '/api/v1/alarms/acknowledge',
      body,
      world,
      (json) => `${json.acknowledged} acknowledged`,
    );
  },
};

async function allAt(box: Box, world: CliWorld): Promise<readonly string[] | number> {
  const found = await itemsAt<ShownAlarm>(box, '/api/v1/alarms', world);
  if (typeof found === 'number') return found;
  return found.filter(({ state }) => /^(active|cleared|latched)$/.test(state)).map(({ id }) => id);
}

const shelve: Verb = {
  name: 'alarms shelve',
  group: GROUP,
  synopsis: 'ALARM --for 4h --reason TEXT | ALARM --end',
  summary: 'keep an alarm quiet for a time, or end that',
  options: {
    for: { type: 'string', value: 'SPAN', summary: 'for how long: 30m, 4h, 2d' },
    reason: { type: 'string', value: 'TEXT', summary: 'why' },
    end: { type: 'boolean', summary: 'end the shelf now' },
    ...BOX_OPTIONS,
  },
  maxWords: 1,
  examples: [
    'webscada-edge alarms shelve tank-high:70b3d57ed0000001 --for 4h --reason "sensor is being cleaned"',
  ],
  async run(given, world, [id]) {
    if (id === undefined) return wrong('say which alarm: its id as `alarms list` shows it', world);
    const path = `/api/v1/alarms/${encodeURIComponent(id)}`;
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    if (given.flag('end'))
      return told(box, `${path}/unshelve`, {}, world, () => `${id} is not shelved any more`);
    const spanMs = spanMsOf(given.text('for'));
    const reason = given.text('reason');
    if (spanMs === undefined || reason === undefined)
      return wrong('say --for, such as 4h, and --reason', world);
    const until = new Date((await nowAt(box)) + spanMs).toISOString();
    return told(box, `${path}/shelve`, { until, reason }, world, () => `${id} is shelved until ${until}`);
  },
};

/** The box's own time counts. */
async function nowAt(box: Box): Promise<number> {
  const answer = await box.ask('/api/v1/status');
  const now = answer.ok ? Date.parse(String((answer.json as { now?: unknown }).now)) : Number.NaN;
  return Number.isFinite(now) ? now : 0;
}

const test: Verb = {
  name: 'alarms test',
  group: GROUP,
  synopsis: 'RULE|FILE [--days N] [--json]',
  summary: 'say what a rule would have done, from the log',
  details:
    'RULE is the id of one of the site, FILE the JSON of one that is not yet: as the API takes it, or a file of rules, of which the first is tried. Nothing is changed.',
  options: {
    days: { type: 'string', value: 'N', summary: 'so many days back (30)' },
    json: { type: 'boolean', summary: 'as JSON' },
    ...BOX_OPTIONS,
  },
  maxWords: 1,
  examples: ['webscada-edge alarms test tank-high --days 7'],
  async run(given, world, [word]) {
    const days = Number(given.text('days') ?? 30);
    if (word === undefined || !(days > 0 && days <= 366))
      return wrong('say which rule, and --days up to 366', world);
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const rule = await ruleOf(box, word, world);
    if (typeof rule === 'number') return rule;
    const from = new Date((await nowAt(box)) - days * DAY_MS).toISOString();
    const text = (json: Preview): string => (given.flag('json') ? JSON.stringify(json) : previewWords(json));
    return told<Preview>(box, '/api/v1/alarm-rules/preview', { rule, from }, world, text);
  },
};

interface Preview {
  readonly from: string;
  readonly times: number;
  readonly activeMs: number;
  readonly readings: number;
  readonly isCut: boolean;
  readonly isBlind: boolean;
  readonly occurrences: readonly { readonly from: string; readonly to?: string; readonly message: string }[];
}

function previewWords({ from, times, activeMs, readings, isCut, isBlind, occurrences }: Preview): string {
  const hours = Math.round(activeMs / (HOUR_MS / 10)) / 10;
  return [
    `active ${times} times since ${from}, ${hours} h all together; ${readings} readings were looked at`,
    ...(isCut ? ['there are older readings than were looked at'] : []),
    ...(isBlind ? ['the log does not tell what this rule looks at'] : []),
    ...occurrences.slice(0, 20).map((one) => `${one.from} - ${one.to ?? 'now'}  ${one.message}`),
  ].join('\n');
}

async function ruleOf(box: Box, word: string, world: CliWorld): Promise<unknown> {
  if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(word)) {
    const answer = await box.ask(`/api/v1/alarm-rules/${word}`);
    if (!answer.ok) return failed(answer, world);
    const {
      id: _,
      revision: __,
      changed: ___,
      changedBy: ____,
      problems: _____,
      ...rule
    } = answer.json as Record<string, unknown>;
    return rule;
  }
  try {
    const json = JSON.parse(await readFile(word, 'utf8')) as { rules?: unknown };
    if (!Array.isArray(json.rules)) return json;
    const { id: _, ...rule } = json.rules[0] as Record<string, unknown>;
    return rule;
  } catch (error) {
    return failToRead(world, word, error);
  }
}

const rules: Verb = {
  name: 'alarms rules',
  group: GROUP,
  synopsis: '[--json | --export | --import FILE [--replace]]',
  summary: 'list the rules, write them as a file, or take one',
  options: {
    json: { type: 'boolean', summary: 'one JSON object a line' },
    export: { type: 'boolean', summary: 'all of them as a file, on standard output' },
    import: { type: 'string', value: 'FILE', summary: 'take the rules of this file, all or none' },
    replace: { type: 'boolean', summary: 'with --import: remove those that are not in it' },
    ...BOX_OPTIONS,
  },
  examples: [
    'webscada-edge alarms rules --export > rules.json',
    'webscada-edge alarms rules --import rules.json',
  ],
  async run(given, world) {
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const file = given.text('import');
    if (file !== undefined) return importAt(box, file, given, world);
    if (given.flag('export')) {
      const answer = await box.ask('/api/v1/alarm-rules/export');
      if (!answer.ok) return failed(answer, world);
      world.stdout.write(`${JSON.stringify(answer.json, null, 2)}\n`);
      return EXIT.ok;
    }
    const found = await itemsAt<ShownRule>(box, '/api/v1/alarm-rules', world);
    if (typeof found === 'number') return found;
    for (const rule of found)
      world.stdout.write(`${given.flag('json') ? JSON.stringify(rule) : ruleLine(rule)}\n`);
    if (found.length === 0) world.stderr.write('there are no rules\n');
    return EXIT.ok;
  },
};

function ruleLine({ id, name, enabled, priority, problems }: ShownRule): string {
  const wrong = problems.map(({ detail }) => detail).join('; ');
  return [
    id,
    priority,
    enabled ? name : `${name} (switched off)`,
    ...(wrong === '' ? [] : [`! ${wrong}`]),
  ].join('  ');
}

interface Imported {
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly removed: number;
}

async function importAt(box: Box, file: string, given: Given, world: CliWorld): Promise<number> {
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    const mode = given.flag('replace') ? 'replace' : 'merge';
    return await told<Imported>(
      box,
      `/api/v1/alarm-rules/import?mode=${mode}`,
      json,
      world,
      ({ added, replaced, unchanged, removed }) =>
        `${added} added, ${replaced} replaced, ${removed} removed, ${unchanged} as they were`,
    );
  } catch (error) {
    return failToRead(world, file, error);
  }
}

async function told<T>(
  box: Box,
  path: string,
  body: unknown,
  world: CliWorld,
  text: (json: T) => string,
): Promise<number> {
  const answer = await box.ask(path, body);
  if (!answer.ok) return failed(answer, world);
  world.stdout.write(`${text(answer.json as T)}\n`);
  return EXIT.ok;
}

async function itemsAt<T>(box: Box, path: string, world: CliWorld): Promise<readonly T[] | number> {
  const answer = await box.ask(path);
  return answer.ok ? (answer.json as { readonly items: readonly T[] }).items : failed(answer, world);
}

function failed(
  { problem, code }: { readonly problem: string; readonly code: number },
  world: CliWorld,
): number {
  world.stderr.write(`webscada-edge: ${problem}\n`);
  return code;
}

function wrong(text: string, world: CliWorld): number {
  world.stderr.write(`webscada-edge: ${text}\n`);
  return EXIT.usage;
}

export const ALARM_VERBS: readonly Verb[] = [list, acknowledge, shelve, test, rules];
