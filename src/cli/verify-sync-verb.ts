/** The verb that proves, for every site, that nothing is missing at the centre, or says what is. */
import { randomUUID } from 'node:crypto';
import type { CollectConfig } from '../config/collect-schema.ts';
import type { ProofOptions, SiteProof } from '../sync/centre/verify.ts';
import { acceptOnLine } from './accept-gap.ts';
import { CENTRE_OPTIONS, loadCentreSettings } from './centre-settings.ts';
import { fail, failWith } from './fail.ts';
import { table } from './sites-verb.ts';
import { EXIT, type Verb } from './verb.ts';

const SITE_WAIT_S = 20;

export const verifySync: Verb = {
  name: 'verify-sync',
  group: 'Centre',
  synopsis: '[SITE...] [--deep] [--json] [--accept] [--config FILE] [--set KEY=VALUE]...',
  summary: 'prove for each site that nothing is missing, or say what is',
  details:
    'Looks at the streams in Redis and at PostgreSQL (postgres.read_url, if it is set). Exit code 0: everything is accounted for; 1: a record is missing, doubled or falsified; 3: nothing of that, but something needs somebody (a site silent too long, entries set aside, nothing to compare with); 69: Redis or PostgreSQL cannot be asked. With --accept: a gap that nobody can fill is accepted for good, so that the watermark goes on; who and why is told at every look.',
  options: {
    ...CENTRE_OPTIONS,
    deep: {
      type: 'boolean',
      summary: 'count and checksum every stored record, and compare with the streams and the sites’ own logs',
    },
    'site-wait': {
      type: 'string',
      value: 'S',
      summary: `with --deep: seconds a site may take to sum its own log (${SITE_WAIT_S}); 0: not asked`,
    },
    json: { type: 'boolean', summary: 'as JSON, a line a site' },
    accept: { type: 'boolean', summary: 'accept that the records SITE EPOCH FIRST LAST will never come' },
    reason: { type: 'string', value: 'TEXT', summary: 'why they will not, kept for ever' },
    by: { type: 'string', value: 'NAME', summary: 'who accepts it (the user of the system if not given)' },
  },
  maxWords: 1_000,
  examples: [
    'webscada-edge verify-sync --config collect.toml',
    'webscada-edge verify-sync north-hill --deep --json',
    'webscada-edge verify-sync --accept north-hill 1 31 50 --reason "trimmed by hand on Monday"',
  ],
  async run(given, world, words) {
    const wait = given.text('site-wait') ?? String(SITE_WAIT_S);
    if (!/^\d{1,5}$/.test(wait)) return fail(world, '--site-wait is seconds, a whole number', EXIT.usage);
    const config = await loadCentreSettings(given, world);
    if (typeof config === 'number') return config;
    if (given.flag('accept')) return acceptOnLine(config, given, world, words);
    if (given.text('reason') !== undefined || given.text('by') !== undefined)
      return fail(world, '--reason and --by go with --accept', EXIT.usage);
    try {
      const proofs = await prove(config, {
        ...{ isDeep: given.flag('deep'), sites: words },
        siteWaitMs: Number(wait) * 1_000,
      });
      const unknown = words.filter((site) => !proofs.some(({ view }) => view.site === site));
      for (const site of unknown) world.stderr.write(`webscada-edge: no site ${site} is known here\n`);
      world.stdout.write(given.flag('json') ? proofs.map(proofJson).join('') : await proofText(proofs));
      if (config.postgres.url === undefined)
        world.stderr.write('webscada-edge: without postgres.url only the streams were looked at\n');
      const code = await exitCodeOf(proofs);
      const isBlind = unknown.length > 0 || config.postgres.url === undefined;
      return code === EXIT.ok && isBlind ? EXIT.degraded : code;
    } catch (error) {
      failWith(world, 'the centre cannot be asked', error);
      return EXIT.unavailable;
    }
  },
};

async function prove(
  config: CollectConfig,
  { isDeep, sites, siteWaitMs }: Pick<ProofOptions, 'isDeep' | 'sites'> & { readonly siteWaitMs: number },
): Promise<SiteProof[]> {
  const [{ createLogger }, { createWorld }, { openRedis }, { openDatabase }, { verifySites }] =
    await Promise.all([
      import('../ops/logger.ts'),
      import('../ops/world.ts'),
      import('../sync/centre/redis-link.ts'),
      import('../sync/centre/postgres/pool.ts'),
      import('../sync/centre/verify.ts'),
    ]);
  const own = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  const url = config.postgres.readUrl ?? config.postgres.url;
  const redis = await openRedis(config.redis, own);
  const database = url === undefined ? undefined : await openDatabase(config.postgres, url, own);
  try {
    return await verifySites({
      ...{ redis, database, isDeep, sites, prefix: config.redis.prefix, isThorough: true },
      ...{ nowMs: own.clock.nowMs(), silentAfterMs: config.collect.silentAfterS * 1000 },
      group: `${config.collect.group}-postgres`,
      ...(config.postgres.readUrl === undefined ? {} : { clock: own.clock }),
      siteLog: { waitMs: siteWaitMs, clock: own.clock, newId: randomUUID },
    });
  } finally {
    redis.close();
    await database?.close();
  }
}

/** 1: damage; 3: something needs somebody; 0: all is proven. */
async function exitCodeOf(proofs: readonly SiteProof[]): Promise<number> {
  const { DAMAGE } = await import('../sync/centre/verify.ts');
  const troubles = proofs.flatMap(({ findings }) => findings.map(({ trouble }) => trouble));
  if (troubles.some((trouble) => DAMAGE.includes(trouble))) return EXIT.failure;
  return troubles.length > 0 ? EXIT.degraded : EXIT.ok;
}

function proofJson({ view: { watermarks, ...view }, stored, ...proof }: SiteProof): string {
  const { findings: _, ...seen } = view;
  const told = stored
    ? { records: stored.records, quarantined: stored.quarantined, losses: stored.losses }
    : undefined;
  return `${JSON.stringify({ ...seen, watermarks: Object.fromEntries(watermarks), stored: told, ...proof })}\n`;
}

async function proofText(proofs: readonly SiteProof[]): Promise<string> {
  const { positionText } = await import('../sync/centre/fleet.ts');
  const rows = proofs.map(({ view, contiguous, gaps, stored, findings, isDeep }) => [
    view.site,
    positionText(contiguous),
    String(view.lag ?? '?'),
    String(gaps.length),
    String(stored?.records ?? '?'),
    String(stored?.quarantined ?? '?'),
    isDeep ? 'deep' : 'accounts',
    findings.length === 0 ? 'proven' : (findings[0]?.trouble ?? ''),
  ]);
  const head = ['SITE', 'WITHOUT A GAP TO', 'BEHIND', 'GAPS', 'STORED', 'ASIDE', 'LOOKED AT', 'RESULT'];
  const words = proofs.flatMap(({ view, findings, stored, imports, siteLog, accepted, history }) => [
    ...findings.map(({ trouble, detail }) => `${view.site}: ${trouble}: ${detail}\n`),
    ...siteLogText(view, siteLog),
    ...history.map((told) => `${view.site}: explained: ${told}\n`),
    ...imports.map(
      ({ importedMs, epoch, first, last, landed }) =>
        `${view.site}: explained: ${epoch}-${first} to ${epoch}-${last} were carried here and imported at ${new Date(importedMs).toISOString()}, ${landed} records were new\n`,
    ),
    ...(stored?.losses ?? []).map(
      ({ event, count, lost }) =>
        `${view.site}: explained: the site itself tells of ${event}, ${count} times, ${lost} records\n`,
    ),
    ...accepted.map((each) => `${view.site}: ${acceptedText(each)}\n`),
  ]);
  return `${table(head, rows)}${words.length > 0 ? '\n' : ''}${words.join('')}`;
}

function siteLogText(view: SiteProof['view'], siteLog: SiteProof['siteLog']): readonly string[] {
  if (!siteLog) return [];
  const head = siteLog.isCompared ? "the site's own log" : "the site's own log was not compared";
  return [`${view.site}: ${head}: ${siteLog.detail}\n`];
}

function acceptedText({
  epoch,
  first,
  last,
  by,
  timeMs,
  reason,
  stored,
}: SiteProof['accepted'][number]): string {
  const range = first === last ? `${epoch}-${first}` : `${epoch}-${first} to ${epoch}-${last}`;
  const came = stored > 0 ? ` (${stored} of them are stored all the same)` : '';
  return `accepted: ${range} missing, accepted by ${by} on ${new Date(timeMs).toISOString()}: ${reason}${came}`;
}
