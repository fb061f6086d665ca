/** A Flux query over InfluxDB's API, and what its answer means: rows, or why there are none. Never rejects. */
import type { InfluxClient } from './client.ts';
import type { Answer } from './outcome.ts';

export type FluxApi = (path: string, body: unknown) => Promise<Answer>;

export type FluxAnswer =
  /** Values of the column, of all tables. */
  | { readonly kind: 'rows'; readonly column: readonly string[] }
  /** No useful answer; ask again later. */
  | { readonly kind: 'later'; readonly reason: string }
  /** The token may not read, or what it names is not there. */
  | { readonly kind: 'not_allowed'; readonly reason: string }
  /** No InfluxDB 2. */
  | { readonly kind: 'no_flux'; readonly reason: string };

/** Requests of `client` by POST; undefined for one that cannot ask. */
export function fluxApi(client: InfluxClient | undefined, signal: AbortSignal): FluxApi | undefined {
  const api = client?.api?.bind(client);
  return api && ((path, body) => api('POST', path, body, signal));
}

/** Runs `query` in the organisation `org` and gives the values of `column`. */
export async function askFlux(api: FluxApi, org: string, query: string, column: string): Promise<FluxAnswer> {
  const path = `/api/v2/query?${new URLSearchParams({ org })}`;
  const answer = await api(path, { query, type: 'flux' });
  if ('failure' in answer) return { kind: 'later', reason: `no answer (${answer.failure})` };
  const { status, body } = answer;
  if (status === 200) return readCsv(body, column);
  const reason = `${status}: ${wordsOf(body)}`;
  if (status >= 500 || status === 429 || status === 408) return { kind: 'later', reason };
  if (status === 401 || status === 403) return { kind: 'not_allowed', reason };
  // How InfluxDB speaks of a bucket that is not there, or may not be seen.
  return { kind: /bucket|organization/i.test(body) ? 'not_allowed' : 'no_flux', reason };
}

/**
 * The column out of annotated or plain CSV. An error in the middle of an answer is a table of its own, with status 200; a
 * page of somebody else has no such columns at all.
 */
function readCsv(body: string, wanted: string): FluxAnswer {
  const column: string[] = [];
  let at = -1;
  let isHeader = true;
  for (const line of body.split(/\r?\n/)) {
    if (line.startsWith('#')) isHeader = true;
    else if (line === '') isHeader = true;
    else if (isHeader) {
      const names = line.split(',');
      if (names.includes('error')) return { kind: 'later', reason: 'the query failed on its way' };
      at = names.indexOf(wanted);
      isHeader = false;
    } else if (at >= 0) column.push(line.split(',')[at] ?? '');
  }
  return { kind: 'rows', column };
}

function wordsOf(body: string): string {
  return body.replace(/\s+/g, ' ').trim().slice(0, 200).toWellFormed();
}
