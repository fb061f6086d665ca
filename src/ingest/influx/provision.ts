/**
 * Makes what the writer needs in InfluxDB, as far as the token allows: the bucket with the site's retention, a bucket of
 * hourly aggregates kept for a year, and the task that fills it. What is there already is left as it is. What cannot be
 * made is told as the commands that make it. Nothing waits for this.
 */
import { aggregateFlux } from './aggregate-flux.ts';
import type { Answer, Failure } from './outcome.ts';
import type { InfluxSettings } from './settings.ts';

const DAY_S = 86_400;
const AGGREGATES_DAYS = 365;

/** One request to InfluxDB's API; never rejects. */
export type ApiRequest = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Answer>;

export type Provision =
  /** Everything is there; `made` says what was not before. */
  | { readonly kind: 'complete'; readonly made: readonly string[] }
  /** The token may not, or the server is none that could: what a person has to do, one command a line. */
  | { readonly kind: 'by_hand'; readonly made: readonly string[]; readonly hint: string }
  /** No useful answer; ask again. */
  | { readonly kind: 'later'; readonly made: readonly string[] };

export type ProvisionSettings = Pick<InfluxSettings, 'org' | 'bucket' | 'measurement' | 'retentionDays'>;

/** Name of the bucket of aggregates. */
export function aggregatesBucket(bucket: string): string {
  return `${bucket}_1y`;
}

/** Looks what is missing and makes it. Answers of a server that is no InfluxDB 2 lead to 'by_hand'. */
export async function provision(request: ApiRequest, settings: ProvisionSettings): Promise<Provision> {
  const made: string[] = [];
  const { org, bucket, retentionDays } = settings;
  const aggregates = aggregatesBucket(bucket);
  try {
    if (!isInflux(await get(request, '/health', {}))) {
      return { kind: 'by_hand', made, hint: otherServerHint(settings) };
    }
    const orgs = await request('GET', `/api/v2/orgs?${new URLSearchParams({ org })}`);
    // A token that is no token at all: the writer says so itself.
    if ('status' in orgs && orgs.status === 401) return { kind: 'later', made };
    const orgId = idIn(bodyOf(orgs), 'orgs', org);
    if (orgId === undefined) throw new NotAllowed();
    const buckets = [
      [bucket, retentionDays],
      [aggregates, AGGREGATES_DAYS],
    ] as const;
    for (const [name, days] of buckets) {
      const found = await get(request, '/api/v2/buckets', { orgID: orgId, name });
      if (idIn(found, 'buckets', name) !== undefined) continue;
      const retentionRules = [{ type: 'expire', everySeconds: days * DAY_S }];
      if (await post(request, '/api/v2/buckets', { orgID: orgId, name, retentionRules })) {
        made.push(`bucket "${name}"`);
      }
    }
    const name = taskName(bucket);
    const tasks = await get(request, '/api/v2/tasks', { orgID: orgId, name });
    if (idIn(tasks, 'tasks', name) === undefined) {
      const task = { orgID: orgId, flux: taskFlux(settings), status: 'active' };
      if (await post(request, '/api/v2/tasks', task)) made.push(`task "${name}"`);
    }
    return { kind: 'complete', made };
  } catch (error) {
    if (error instanceof NotAllowed) return { kind: 'by_hand', made, hint: commandsHint(settings) };
    if (error instanceof NoAnswer) return { kind: 'later', made };
    throw error;
  }
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

/** The id of the item called `name` in a list answer such as `{"buckets": [{"id": …, "name": …}]}`. */
function idIn(answer: unknown, list: string, name: string): string | undefined {
  const items = (answer as Readonly<Record<string, unknown>> | undefined)?.[list];
  if (!Array.isArray(items)) return undefined;
  const found = (items as readonly { name?: unknown; id?: unknown }[]).find((item) => item?.name === name);
  return typeof found?.id === 'string' ? found.id : undefined;
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

/** What a person with a more powerful token types, in a shell. */
function commandsHint(settings: ProvisionSettings): string {
  const { org, bucket, retentionDays } = settings;
  const quoted = shellQuoted;
  const create = (name: string, days: number) =>
    `influx bucket create --org ${quoted(org)} --name ${quoted(name)} --retention ${days}d`;
  return [
    'The token may not make buckets and tasks. With one that may:',
    create(bucket, retentionDays),
    create(aggregatesBucket(bucket), AGGREGATES_DAYS),
    `influx task create --org ${quoted(org)} ${quoted(taskFlux(settings))}`,
  ].join('\n');
}

function otherServerHint({ retentionDays }: ProvisionSettings): string {
  return [
    'This server is not InfluxDB 2: it keeps what its own settings say. For VictoriaMetrics:',
    `victoria-metrics -retentionPeriod=${retentionDays}d`,
  ].join('\n');
}

function shellQuoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
