/** A stand-in for what InfluxDB 2.7 documents of /health and of /api/v2/orgs, buckets and tasks, for organisation 'org'. */
import type { IncomingMessage } from 'node:http';

export interface AdminAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface InfluxAdmin {
  /** Seconds of retention by name; 0: for ever. */
  readonly buckets: Map<string, number>;
  /** Flux by name. */
  readonly tasks: Map<string, string>;
  /** What queries see; those of the fake it is served with. */
  points: ReadonlyMap<string, QueriedPoint>;
  /** What every query is answered with, instead of what it asks for. */
  queryAnswer?: AdminAnswer;
  /** Flux of the queries, in order. */
  readonly queries: string[];
  /** Requests, as 'GET /api/v2/buckets'. */
  readonly asked: string[];
  /** What the token may do besides writing; and whether this is an InfluxDB at all. */
  readonly rights: {
    /** Organisations. */
    read: boolean;
    /** Buckets and tasks; without, the lists are empty. */
    list: boolean;
    buckets: boolean;
    tasks: boolean;
    /** Read the buckets' data. */
    query: boolean;
    isInflux: boolean;
  };
  /** Undefined for a path it does not know. */
  answer(request: IncomingMessage, body: string): AdminAnswer | undefined;
}

type Holdings = Pick<InfluxAdmin, 'buckets' | 'tasks' | 'rights'>;

export interface QueriedPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly time: bigint;
}

const ORG_ID = '0a1b2c3d4e5f6071';

/** With the bucket 'bucket', its aggregates and their task, as if everything had been made before. */
export function createInfluxAdmin(): InfluxAdmin {
  const holdings: Holdings = {
    buckets: new Map([
      ['bucket', 0],
      ['bucket_1y', 0],
    ]),
    tasks: new Map([['bucket hourly aggregates', '']]),
    rights: { read: true, list: true, buckets: true, tasks: true, query: true, isInflux: true },
  };
  const asked: string[] = [];
  const admin: InfluxAdmin = {
    ...holdings,
    points: new Map(),
    queries: [],
    asked,
    answer(request, body) {
      const url = new URL(request.url ?? '', 'http://fake');
      asked.push(`${request.method} ${url.pathname}`);
      if (!holdings.rights.isInflux) return { status: 404, body: 'unsupported path', headers: {} };
      if (url.pathname === '/health')
        return json(200, { name: 'influxdb', status: 'pass', version: 'v2.7.6' });
      if (request.headers.authorization !== 'Token secret-token') return unauthorized('unauthorized access');
      const target = `${request.method} ${url.pathname}`;
      if (target === 'POST /api/v2/query') return query(admin, body);
      return answerApi(holdings, target, url.searchParams, body);
    },
  };
  return admin;
}

/** Not Flux, but what it gives for the scripts the box sends. */
function query(admin: InfluxAdmin, body: string): AdminAnswer {
  const { query: flux } = JSON.parse(body);
  admin.queries.push(flux);
  if (admin.queryAnswer) return admin.queryAnswer;
  if (!admin.rights.query) {
    return json(404, { code: 'not found', message: 'could not find bucket "bucket"' });
  }
  if (flux.includes('|> to(bucket:')) return csv('_value', ['42']);
  const wanted = [...flux.matchAll(/one\(start: (\S+)Z, stop: \S+, m: "([^"]*)", d: "([^"]*)"\)/g)];
  const there = wanted.filter(([, time = '', measurement, device]) => {
    const [seconds, fraction] = time.split('.');
    const stamp = BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction ?? 0);
    return [...admin.points.values()].some(
      (point) => point.time === stamp && point.measurement === measurement && point.tags.device === device,
    );
  });
  // Go leaves out the zeros at the end.
  const times = there.map(([, time]) => `${time}Z`.replace(/\.?0+Z$/, 'Z'));
  return csv('_time', ['2000-01-01T00:00:00Z', ...times]);
}

function csv(column: string, values: readonly string[]): AdminAnswer {
  const rows = values.map((value) => `,_result,0,${value}\r\n`).join('');
  const body = `,result,table,${column}\r\n${rows}\r\n`;
  return { status: 200, body, headers: { 'content-type': 'text/csv; charset=utf-8' } };
}

/** `target` is method and path. */
function answerApi(
  holdings: Holdings,
  target: string,
  query: URLSearchParams,
  body: string,
): AdminAnswer | undefined {
  const { buckets, tasks, rights } = holdings;
  switch (target) {
    case 'GET /api/v2/orgs':
      return rights.read && query.get('org') === 'org'
        ? json(200, { orgs: [{ id: ORG_ID, name: 'org' }] })
        : json(404, { code: 'not found', message: 'organization name not found' });
    case 'GET /api/v2/buckets':
      if (query.has('org') && query.get('org') !== 'org')
        return json(404, { code: 'not found', message: 'organization name "other" not found' });
      return list(holdings, 'buckets', [...buckets.keys(), '_monitoring', '_tasks'], query.get('name'));
    case 'GET /api/v2/tasks':
      return list(holdings, 'tasks', [...tasks.keys()], query.get('name'));
    case 'POST /api/v2/buckets':
      return makeBucket(holdings, body);
    case 'POST /api/v2/tasks':
      return makeTask(holdings, body);
    default:
      return undefined;
  }
}

function list(
  { rights }: Holdings,
  kind: 'buckets' | 'tasks',
  all: readonly string[],
  name: string | null,
): AdminAnswer {
  const names = all.filter((one) => rights.list && (name === null || one === name));
  return json(200, {
    links: {},
    [kind]: names.map((one) => ({ id: idOf(one), orgID: ORG_ID, name: one })),
  });
}

function makeBucket({ buckets, rights }: Holdings, body: string): AdminAnswer {
  const { orgID, name, retentionRules } = JSON.parse(body);
  if (orgID !== ORG_ID || typeof name !== 'string') return json(400, { code: 'invalid', message: 'bad' });
  if (!rights.buckets) return unauthorized(`write:orgs/${ORG_ID}/buckets is unauthorized`);
  if (buckets.has(name)) {
    return json(422, { code: 'conflict', message: `bucket with name ${name} already exists` });
  }
  buckets.set(name, retentionRules[0].everySeconds);
  return json(201, { id: idOf(name), orgID, name, retentionRules });
}

function makeTask({ tasks, rights }: Holdings, body: string): AdminAnswer {
  const { orgID, flux } = JSON.parse(body);
  if (!rights.tasks) return unauthorized(`write:orgs/${ORG_ID}/tasks is unauthorized`);
  const name = /option task = \{name: "([^"]*)"/.exec(flux)?.[1];
  if (orgID !== ORG_ID || name === undefined) return json(400, { code: 'invalid', message: 'bad flux' });
  tasks.set(name, flux);
  return json(201, { id: idOf(name), orgID, name, flux, status: 'active' });
}

function idOf(name: string): string {
  return Buffer.from(name).toString('hex').slice(0, 16).padStart(16, '0');
}

function unauthorized(message: string): AdminAnswer {
  return json(401, { code: 'unauthorized', message });
}

function json(status: number, value: unknown): AdminAnswer {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { status, body: JSON.stringify(value), headers };
}
