/** Every setting of the verbs at the centre, declared like those of a site; they have a file of their own. */
import * as z from 'zod/mini';
import { isLoopback } from '../model/address.ts';
import { createCatalogue } from './catalogue.ts';
import type { MergedSettings } from './cross.ts';
import { type Camelled, listSettings } from './declare.ts';
import { buildConfig, type LoadOptions, loadSettings } from './load.ts';
import { type ConfigProblem, originText } from './problem.ts';
import { type FreshSecrets, withFreshSecrets } from './secret-files.ts';
import { log } from './sections/box.ts';
import { collect, collectHttp, files, postgres, redis, retention } from './sections/collect.ts';
import { influx } from './sections/influx.ts';
import { tracing } from './sections/tracing.ts';

const schema = z.strictObject({
  ...{ collect, redis, postgres, influx, files, http: collectHttp, retention, log, tracing },
});

/** What each section is for, one line. */
export const COLLECT_SECTION_DOCS: Readonly<Record<keyof z.output<typeof schema>, string>> = {
  collect: 'How the streams are read.',
  redis: 'The Redis the sites write to.',
  postgres: 'The PostgreSQL the records go to.',
  influx: 'An InfluxDB 2.x the readings go to as well; as at a site.',
  files: 'Files of records.',
  http: 'Metrics and the page of the fleet.',
  retention: 'How long PostgreSQL keeps what.',
  log: 'What the program says about itself on standard output.',
  tracing: 'Traces of frames that records carry, gone on with here.',
};

export type CollectConfig = Camelled<z.output<typeof schema>>;
export type RedisConfig = CollectConfig['redis'];
export type PostgresConfig = CollectConfig['postgres'];

export const COLLECT_SETTINGS = listSettings(schema.def.shape);
const CATALOGUE = createCatalogue(COLLECT_SETTINGS);

export type CollectLoad =
  | { readonly ok: true; readonly config: CollectConfig }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** `config` with the secrets as they are in their files now. */
export function freshCollectSecrets(
  config: CollectConfig,
  options: Omit<Parameters<typeof withFreshSecrets>[1], 'catalogue'>,
): Promise<FreshSecrets<CollectConfig>> {
  return withFreshSecrets(config, { ...options, catalogue: CATALOGUE });
}

/** The settings of the centre's verbs from all sources, or every problem of all of them. Never rejects. */
export async function loadCollectConfig(options: Omit<LoadOptions, 'catalogue'>): Promise<CollectLoad> {
  const merged = await loadSettings({ ...options, catalogue: CATALOGUE }, COLLECT_SETTINGS, collectProblems);
  if (!merged.ok) return merged;
  return { ok: true, config: buildConfig(merged.known, COLLECT_SETTINGS) as CollectConfig };
}

/** What no single setting can get wrong alone. */
function collectProblems(known: MergedSettings): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const report = (path: string, message: string, askedBy = path): void => {
    problems.push({ path, where: originText(known.origin(known.given(path) ? path : askedBy)), message });
  };
  const needs = (path: string, needed: string): void => {
    if (known.given(path) && !known.given(needed)) report(needed, `is missing: ${path} needs it`, path);
  };
  const [first, ...more] = ['redis.url', 'redis.nodes', 'redis.sentinels'].filter((path) =>
    known.given(path),
  );
  if (first === undefined) report('redis.url', 'is missing: it, redis.nodes or redis.sentinels is needed');
  for (const path of more) report(path, `and ${first} exclude each other: remove one`);
  needs('redis.sentinels', 'redis.master_name');
  needs('redis.cert_file', 'redis.key_file');
  needs('redis.key_file', 'redis.cert_file');
  needs('postgres.read_url', 'postgres.url');
  needs('influx.url', 'influx.token');
  needs('tracing.authorization', 'tracing.endpoint');
  const listen = known.value('http.listen');
  if (typeof listen === 'string' && !isLoopback(listen.replace(/:\d+$/, '')) && !known.given('http.token')) {
    report('http.token', 'is missing: http.listen is open to the network', 'http.listen');
  }
  return problems;
}
