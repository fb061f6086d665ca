/** The verb at the centre that asks a site for something, and shows what it answers. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { COMMAND_KINDS, type CommandAnswer } from '../model/command.ts';
import { didYouMean } from '../model/suggest.ts';
import { isSiteName, siteKeys } from '../sync/keys.ts';
import { type OpenCentre, withCentre } from './centre-redis.ts';
import { CENTRE_OPTIONS } from './centre-settings.ts';
import { fail, failToRead } from './fail.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const DEFAULT_WAIT_S = 120;
const LOOK_MS = 1_000;

export const commandVerb: Verb = {
  name: 'command',
  group: 'Centre',
  synopsis: 'SITE KIND [--body JSON | --body-file FILE] [--wait]',
  summary: 'ask a site for something: a downlink, a device, a backup, how it is',
  details: `KIND is one of ${COMMAND_KINDS.join(', ')}; docs/commands.md says what each takes. What is asked for waits at the centre until the site has a line. The site does only what its setting centre.commands lets it. With --wait the answers are shown as they come; exit code 0: done; 1: refused, and it is said why; 75: no answer in time, it may still come.`,
  options: {
    body: {
      type: 'string',
      value: 'JSON',
      summary: 'what the command takes; keys of devices belong into a file',
    },
    'body-file': { type: 'string', value: 'FILE', summary: 'the same, from a file' },
    'expires-in': { type: 'string', value: 'S', summary: 'seconds after which the site no longer does it' },
    id: {
      type: 'string',
      value: 'ID',
      summary: 'name of the command; one sent twice under one name is done once',
    },
    wait: {
      type: 'boolean',
      summary: `wait for the answer, ${DEFAULT_WAIT_S} s unless --wait-seconds says otherwise`,
    },
    'wait-seconds': { type: 'string', value: 'S', summary: 'wait so long' },
    json: { type: 'boolean', summary: 'answers as lines of JSON' },
    ...CENTRE_OPTIONS,
  },
  maxWords: 2,
  examples: [
    'webscada-edge command north-hill doctor --wait',
    'webscada-edge command north-hill device-put --body-file device.json',
  ],
  async run(given, world, [site = '', kind = '']) {
    const asked = await read(given, world, site, kind);
    if (typeof asked === 'number') return asked;
    return withCentre(given, world, (centre) => send(centre, asked, given));
  },
};

interface Asked {
  readonly site: string;
  readonly kind: string;
  readonly id: string;
  readonly body: string;
  readonly expiresInS: number | undefined;
  /** 0: not at all. */
  readonly waitS: number;
}

/** What is asked for, or the exit code when that cannot be understood. */
async function read(given: Given, world: CliWorld, site: string, kind: string): Promise<Asked | number> {
  const wrong = (problem: string): number => fail(world, problem, EXIT.usage);
  if (!isSiteName(site)) return wrong('SITE is the id of a site');
  if (!COMMAND_KINDS.some((known) => known === kind))
    return wrong(`KIND is one of ${COMMAND_KINDS.join(', ')}${didYouMean(kind, [...COMMAND_KINDS])}`);
  const id = given.text('id') ?? randomUUID();
  if (!/^[\w.:-]{1,64}$/.test(id)) return wrong('--id has 1 to 64 letters, digits, and . _ : -');
  const [expires, waits] = [given.text('expires-in'), given.text('wait-seconds')];
  for (const seconds of [expires, waits])
    if (seconds !== undefined && !/^\d{1,9}$/.test(seconds)) return wrong('seconds are a whole number');
  const file = given.text('body-file');
  if (file !== undefined && given.text('body') !== undefined)
    return wrong('--body and --body-file exclude each other');
  let body = given.text('body') ?? '{}';
  try {
    if (file !== undefined) body = await readFile(file, 'utf8');
  } catch (error) {
    return failToRead(world, file ?? '', error);
  }
  if (!isObject(body)) return wrong('the body is no JSON object');
  return {
    ...{ site, kind, id, body },
    expiresInS: expires === undefined ? undefined : Number(expires),
    waitS: waits === undefined ? (given.flag('wait') ? DEFAULT_WAIT_S : 0) : Number(waits),
  };
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

async function send(
  { client, config, world, clock }: OpenCentre,
  asked: Asked,
  given: Given,
): Promise<number> {
  const { site, kind, id, body, expiresInS, waitS } = asked;
  const keys = siteKeys(config.streamPrefix, site);
  const { sendCommand } = await import('../sync/centre/command-answers.ts');
  const sent = await sendCommand((command, ...args) => client.callForBytes(command, ...args), keys, {
    ...{ id, kind, body },
    ...(expiresInS === undefined ? {} : { expiresMs: clock.nowMs() + expiresInS * 1_000 }),
  });
  const isJson = given.flag('json');
  if (!isJson) world.stdout.write(`${site}: ${kind} is at the centre, ${id}\n`);
  if (waitS === 0) return EXIT.ok;
  const endMs = clock.monotonicMs() + waitS * 1_000;
  const shown = new Set<string>();
  while (clock.monotonicMs() < endMs) {
    for (const answer of await sent.look()) {
      if (shown.has(answer.state)) continue;
      shown.add(answer.state);
      world.stdout.write(isJson ? `${JSON.stringify(answer)}\n` : describe(site, answer));
      if (answer.state !== 'accepted') return answer.state === 'done' ? EXIT.ok : EXIT.failure;
    }
    await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
  }
  return fail(world, `${site} has not answered in ${waitS} s; it does it when it has a line`, EXIT.temporary);
}

function describe(site: string, { state, code, reason, result }: CommandAnswer): string {
  const why = state === 'refused' ? ` (${code}): ${reason}` : '';
  const what = result === undefined ? '' : `\n${JSON.stringify(result, null, 2)}`;
  return `${site}: ${state}${why}${what}\n`;
}
