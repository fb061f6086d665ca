/** The verbs about telling people of alarms: all of them ask the running box. */
import { BOX_OPTIONS, findBox } from './box-api.ts';
import { EXIT, type Verb } from './verb.ts';

const GROUP = 'Alarms';
/** Longer than a test of all addresses may take. */
const TEST_LIMIT_MS = 120_000;
const JSON_OPTION = { json: { type: 'boolean', summary: 'one JSON object a line' } } as const;

interface Page<Item> {
  readonly items: readonly Item[];
}

interface ShownWaiting {
  readonly personName: string;
  readonly channel: string;
  readonly to: string;
  readonly alarms: number;
  readonly oldest: string;
  readonly until: string;
  readonly problem?: string;
}

const list: Verb = {
  name: 'notify list',
  group: GROUP,
  synopsis: '[--json]',
  summary: 'list people who are told of alarms, and what waits for them',
  details: 'Exit code 3: something could not be sent, or a channel is not as it should be.',
  options: { ...JSON_OPTION, ...BOX_OPTIONS },
  examples: ['webscada-edge notify list'],
  async run(given, world) {
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const state = await box.ask('/api/v1/notify');
    const people = await box.ask('/api/v1/notify/people');
    const waiting = await box.ask('/api/v1/notify/waiting');
    for (const answer of [state, people, waiting])
      if (!answer.ok) {
        world.stderr.write(`webscada-edge: ${answer.problem}\n`);
        return answer.code;
      }
    if (!state.ok || !people.ok || !waiting.ok) return EXIT.failure;
    const print = (line: string): void => void world.stdout.write(`${line}\n`);
    const found = people.json as Page<{
      id: string;
      name: string;
      addresses: readonly { channel: string }[];
    }>;
    const queue = waiting.json as Page<ShownWaiting>;
    const { state: health, detail, hint } = state.json as { state: string; detail: string; hint?: string };
    if (given.flag('json')) for (const one of found.items) print(JSON.stringify(one));
    else {
      print(`${health}: ${detail}${hint === undefined ? '' : ` (${hint})`}`);
      for (const { id, name, addresses } of found.items)
        print(`${id}  ${name}  ${addresses.map(({ channel }) => channel).join(', ') || 'no address'}`);
      for (const { personName, channel, to, alarms, oldest, until, problem } of queue.items)
        print(
          `waits (${until}): ${alarms} for ${personName} by ${channel} ${to} since ${oldest}${problem === undefined ? '' : `: ${problem}`}`,
        );
    }
    return health === 'degraded' ? EXIT.degraded : EXIT.ok;
  },
};

interface ShownTrial {
  readonly channel: string;
  readonly to: string;
  readonly isOk: boolean;
  readonly answer: string;
}

const test: Verb = {
  name: 'notify test',
  group: GROUP,
  synopsis: 'PERSON [--json]',
  summary: 'send a test message to each address of a person',
  details: 'PERSON is the id `notify list` shows. Exit code 3: one of them did not take it.',
  options: { ...JSON_OPTION, ...BOX_OPTIONS },
  maxWords: 1,
  examples: ['webscada-edge notify test ada'],
  async run(given, world, [person]) {
    if (person === undefined) {
      world.stderr.write('webscada-edge: say whom: an id that notify list shows\n');
      return EXIT.usage;
    }
    const box = await findBox(given, world, TEST_LIMIT_MS);
    if (typeof box === 'number') return box;
    const answer = await box.ask(`/api/v1/notify/people/${encodeURIComponent(person)}/test`, {});
    if (!answer.ok) {
      world.stderr.write(`webscada-edge: ${answer.problem}\n`);
      return answer.code;
    }
    const { items } = answer.json as Page<ShownTrial>;
    for (const trial of items)
      world.stdout.write(
        given.flag('json')
          ? `${JSON.stringify(trial)}\n`
          : `${(trial.isOk ? 'ok' : 'problem').padEnd(8)} ${trial.channel} ${trial.to}: ${trial.answer}\n`,
      );
    if (items.length === 0) world.stderr.write('webscada-edge: this person has no address\n');
    return items.length > 0 && items.every(({ isOk }) => isOk) ? EXIT.ok : EXIT.degraded;
  },
};

interface ShownProof {
  readonly time: string;
  readonly outcome: string;
  readonly personName: string;
  readonly channel: string;
  readonly to: string;
  readonly subject: string;
  readonly answer: string;
  readonly messageId: string;
}

const log: Verb = {
  name: 'notify log',
  group: GROUP,
  synopsis: '[--limit N] [--json]',
  summary: 'show what was told, with the answer of each server, the newest first',
  options: { limit: { type: 'string', value: 'N', summary: 'so many (20)' }, ...JSON_OPTION, ...BOX_OPTIONS },
  examples: ['webscada-edge notify log --limit 5'],
  async run(given, world) {
    const limit = Number(given.text('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
      world.stderr.write('webscada-edge: --limit is a number from 1 to 1000\n');
      return EXIT.usage;
    }
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const answer = await box.ask(`/api/v1/notify/log?limit=${limit}`);
    if (!answer.ok) {
      world.stderr.write(`webscada-edge: ${answer.problem}\n`);
      return answer.code;
    }
    for (const proof of (answer.json as Page<ShownProof>).items)
      world.stdout.write(`${given.flag('json') ? JSON.stringify(proof) : proofLine(proof)}\n`);
    return EXIT.ok;
  },
};

function proofLine({
  time,
  outcome,
  personName,
  channel,
  to,
  subject,
  answer,
  messageId,
}: ShownProof): string {
  return [time, outcome, `${personName} by ${channel} ${to}`, subject, answer, messageId].join('  ');
}

export const notifyVerbs: readonly Verb[] = [list, test, log];
