/**
 * What the centre keeps about carried exports, in its Redis: the public key of each site (hash `<prefix>:export-keys`, which no
 * site's user may write), and what was imported when (stream `<prefix>:{<site>}:imports`, the newest), which explains a jump of
 * many records at once.
 */

import { oldSiteKeys, siteKeys } from '../keys.ts';
import type { Client } from '../site/client.ts';
import { importsKey, keysKey } from './names.ts';
import type { Carried } from './read-carried.ts';

const MAX_IMPORTS = 1_000;
/** Nobody has more keys than this at once: longer ones are not asked for. */
const MAX_KEY_CHARACTERS = 200;

/** The key registered for `site`, undefined when there is none. Rejects with a CentreFault. */
export async function registeredKey(
  client: Client,
  prefix: string,
  site: string,
): Promise<string | undefined> {
  const key = await client.call('HGET', keysKey(prefix), site);
  return typeof key === 'string' && key.length <= MAX_KEY_CHARACTERS ? key : undefined;
}

/** Registers `publicKey` for `site`; gives the one before. */
export async function registerKey(
  client: Client,
  prefix: string,
  site: string,
  publicKey: string,
): Promise<string | undefined> {
  const before = await registeredKey(client, prefix, site);
  await client.call('HSET', keysKey(prefix), site, publicKey);
  return before;
}

export interface Imported {
  readonly landed: number;
  readonly nowMs: number;
}

/** Written after the records: an import that was cut short in between is told by the next one. */
export async function noteImport(
  client: Client,
  prefix: string,
  { header, seal }: Carried,
  { landed, nowMs }: Imported,
): Promise<void> {
  const { site, epoch, first, last, madeMs } = header;
  const fields = { v: 1, epoch, first, last, records: seal.records, landed, made: madeMs, imported: nowMs };
  const flat = Object.entries(fields).flat();
  const names = ['MAXLEN', '~', MAX_IMPORTS, '*'] as const;
  await client.call('XADD', importsKey(prefix, site), ...names, ...flat, 'sha256', seal.sha256);
}

/** Whether the site's stream is still under the name it had before: only the site itself moves it, when it connects. */
export async function isUnderOldName(client: Client, prefix: string, site: string): Promise<boolean> {
  const [isOld, isNew] = [
    await client.call('EXISTS', oldSiteKeys(prefix, site).log),
    await client.call('EXISTS', siteKeys(prefix, site).log),
  ];
  return Number(isOld) === 1 && Number(isNew) === 0;
}
