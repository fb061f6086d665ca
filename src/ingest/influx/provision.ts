/**
 * Makes what the writer needs in InfluxDB, as far as the token allows: the bucket with the site's retention, a bucket of
 * hourly aggregates kept for a year, and the task that fills it. What is there already is left as it is. What cannot be
 * made is told as the commands that make it. Nothing waits for this.
 */

import type { InfluxConfig } from '../../config/schema.ts';
import { advise, type ToldTrouble } from '../../model/said.ts';
import { aggregateFlux } from './aggregate-flux.ts';
import type { Answer, Failure } from './outcome.ts';

const DAY_S = 86_400;
const AGGREGATES_DAYS = 365;
/** A longer list would not fit into what is read of an answer. */
const LIST_LIMIT = '10';

/** One request to InfluxDB's API; never rejects. */
export type ApiRequest = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Answer>;

export type Provision =
  /** Everything is there; `made` says what was not before. */
  | { readonly kind: 'complete'; readonly made: readonly string[] }
  /** Something is missing and the token may not make it, or the server is none that could: what a person has to do. */
  | { readonly kind: 'by_hand'; readonly made: readonly string[]; readonly byHand: ToldTrouble }
  /** The token may not look, so what a person would have to do may be done already. */
  | { readonly kind: 'unseen'; readonly made: readonly string[]; readonly byHand: ToldTrouble }
  /** No useful answer; ask again. */
  | { readonly kind: 'later'; readonly made: readonly string[] };

export type ProvisionSettings = Pick<InfluxConfig, 'org' | 'bucket' | 'measurement' | 'retentionDays'>;

/** Name of the bucket of aggregates. */
export function aggregatesBucket(bucket: string): string {
  return `${bucket}_1y`;
}

/** Looks what is missing and makes it. Answers of a server that is no InfluxDB 2 lead to 'by_hand'. */
export async function provision(request: ApiRequest, settings: ProvisionSettings): Promise<Provision> {
  const made: string[] = [];
  const commands = commandsFor(settings);
  const toDo = new Map(Object.entries(commands));
  let seesAll = false;
  try {
    if (!isInflux(await get(request, '/health', {}))) {
      return { kind: 'by_hand', made, byHand: otherServer(settings) };
    }
    const org = await findOrg(request, settings.org);
    // A token that is no token at all, or no such organisation: the writer says so itself.
    if (org === 'later') return { kind: 'later', made };
    seesAll = org.seesAll;
    for (const [name, days] of bucketsOf(settings)) {
      if (await makeBucket(request, org.id, name, days)) made.push(`bucket "${name}"`);
      toDo.delete(name);
    }
    seesAll = false;
    const name = taskName(settings.bucket);
    if (await makeTask(request, org.id, name, taskFlux(settings))) made.push(`task "${name}"`);
    return { kind: 'complete', made };
  } catch (error) {
    if (error instanceof NoAnswer) return { kind: 'later', made };
    if (!(error instanceof NotAllowed)) throw error;
    const byHand = advise('influx.byHand.todo', { commands: [...toDo.values()].join('\n') });
    return { kind: seesAll ? 'by_hand' : 'unseen', made, byHand };
  }
}

function bucketsOf({ bucket, retentionDays }: ProvisionSettings): readonly (readonly [string, number])[] {
  return [
    [bucket, retentionDays],
    [aggregatesBucket(bucket), AGGREGATES_DAYS],
  ];
}

/**
 * The organisation's id, read off its buckets, since the right to read buckets and tasks is all we ask for. `seesAll`: the
 * token sees the system's own buckets too, so what it does not see is not there. (Tasks it may not see are left out silently.)
 */
async function findOrg(
  request: ApiRequest,
  org: string,
): Promise<{ readonly id: string; readonly seesAll: boolean } | 'later'> {
  const listed = await request('GET', `/api/v2/buckets?${new URLSearchParams({ org, limit: LIST_LIMIT })}`);
  if ('status' in listed && (listed.status === 401 || listed.status === 404)) return 'later';
  const buckets = itemsIn(bodyOf(listed), 'buckets');
  const id = buckets.map(({ orgID }) => orgID).find(isId);
  const seesAll = buckets.some(({ name }) => typeof name === 'string' && name.startsWith('_'));
  if (id !== undefined) return { id, seesAll };
  const known = idIn(await get(request, '/api/v2/orgs', { org }), 'orgs', org);
  if (known === undefined) throw new NotAllowed();
  return { id: known, seesAll };
}

/** True when it was missing and has been made. */
async function makeBucket(request: ApiRequest, orgID: string, name: string, days: number): Promise<boolean> {
  const found = await get(request, '/api/v2/buckets', { orgID, name });
  if (idIn(found, 'buckets', name) !== undefined) return false;
  const retentionRules = [{ type: 'expire', everySeconds: days * DAY_S }];
  return post(request, '/api/v2/buckets', { orgID, name, retentionRules });
}

async function makeTask(request: ApiRequest, orgID: string, name: string, flux: string): Promise<boolean> {
  const found = await get(request, '/api/v2/tasks', { orgID, name });
  if (idIn(found, 'tasks', name) !== undefined) return false;
  return post(request, '/api/v2/tasks', { orgID, flux, status: 'active' });
}

class NotAllowed extends Error {}
class NoAnswer extends Error {}

async function get(
  request: ApiRequest,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<unknown> {
  const search = new URLSearchParams(query).toString();
  return bodyOf(await request('GET', search === '' ? path : `${path}?${search}`));
}

/** A list filtered by a name that does not exist is empty in some releases and 404 in others. */
function bodyOf(answer: Answer): unknown {
  return statusOf(answer) === 200 && 'body' in answer ? parse(answer.body) : undefined;
}

/** True when it was made, false when somebody else was faster. */
async function post(request: ApiRequest, path: string, body: unknown): Promise<boolean> {
  const status = statusOf(await request('POST', path, body));
  if (status === 201) return true;
  // 422: the name exists already.
  if (status === 422) return false;
  throw new NotAllowed();
}

/** The status of an answer that says something. */
function statusOf(answer: Answer): number {
  if ('failure' in answer) throw new NoAnswer(answer.failure satisfies Failure);
  const { status } = answer;
  if (status === 401 || status === 403) throw new NotAllowed();
  if (status >= 500 || status === 429 || status === 408) throw new NoAnswer();
  return status;
}

function isInflux(health: unknown): boolean {
  return typeof health === 'object' && health !== null && 'name' in health && health.name === 'influxdb';
}

interface Item {
  readonly name?: unknown;
  readonly id?: unknown;
  readonly orgID?: unknown;
}

/** Of a list answer such as `{"buckets": [{"id": …, "name": …}]}`. */
function itemsIn(answer: unknown, list: string): readonly Item[] {
  const items = (answer as Readonly<Record<string, unknown>> | undefined)?.[list];
  return Array.isArray(items) ? items.filter((item) => typeof item === 'object' && item !== null) : [];
}

function idIn(answer: unknown, list: string, name: string): string | undefined {
  const found = itemsIn(answer, list).find((item) => item.name === name);
  return typeof found?.id === 'string' ? found.id : undefined;
}

/** System buckets of old releases have the organisation 0. */
function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[0-9a-f]{16}$/.test(id) && !/^0+$/.test(id);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body) ?? undefined;
  } catch {
    return undefined;
  }
}

function taskName(bucket: string): string {
  return `${bucket} hourly aggregates`;
}

function taskFlux({ bucket, measurement = 'reading' }: ProvisionSettings): string {
  return aggregateFlux({ task: taskName(bucket), bucket, aggregates: aggregatesBucket(bucket), measurement });
}

/** What a person with a more powerful token types, in a shell, by what it makes. */
function commandsFor(settings: ProvisionSettings): Readonly<Record<string, string>> {
  const org = shellQuoted(settings.org);
  const buckets = bucketsOf(settings).map(([name, days]) => [
    name,
    `influx bucket create --org ${org} --name ${shellQuoted(name)} --retention ${days}d`,
  ]);
  const task = `influx task create --org ${org} ${shellQuoted(taskFlux(settings))}`;
  return Object.fromEntries([...buckets, [taskName(settings.bucket), task]]);
}

function otherServer({ retentionDays }: ProvisionSettings): ToldTrouble {
  return advise('influx.otherServer.todo', {
    command: `victoria-metrics -retentionPeriod=${retentionDays}d`,
  });
}

function shellQuoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
