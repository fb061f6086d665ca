/**
 * Moves a site's stream and register from the names they had before the hash tag to today's, at the first connection after
 * the upgrade. A renamed stream keeps its consumer groups and its last ID, so that neither side notices. Nothing is written
 * under the new names before that is settled, or the two halves could not be joined any more.
 */

import { tell } from '../../model/said.ts';
import type { Store } from '../../store/contract.ts';
import { oldSiteKeys, siteKeys } from '../keys.ts';
import type { Client } from './client.ts';
import { CentreFault } from './fault.ts';

/** Note in the store: the stream is where it belongs, nobody has to be asked again. */
const NOTE = 'centre.names';

export interface NamesContext {
  readonly client: Client;
  readonly prefix: string;
  readonly site: string;
  readonly store: Pick<Store, 'notes'>;
  /** Whether this store ever delivered anything: only then can there be something under the old names. */
  readonly hasDelivered: boolean;
}

/** Resolves to whether something was moved. Rejects with a CentreFault; one that says what to grant where that is missing. */
export async function moveOldNames(context: NamesContext): Promise<boolean> {
  const { store } = context;
  if (isNoted(store)) return false;
  const moved = await move(context);
  remember(store);
  return moved;
}

async function move({ client, prefix, site, hasDelivered }: NamesContext): Promise<boolean> {
  const [old, now] = [oldSiteKeys(prefix, site), siteKeys(prefix, site)];
  const denied = (error: unknown) => notAllowed(error, `~${old.log} ~${old.epochs} ~${prefix}:{${site}}:*`);
  if (Number(await client.call('EXISTS', now.log).catch(denied)) === 1) return false;
  try {
    if (Number(await client.call('EXISTS', old.log)) === 0) return false;
    // The register first: cut short in between, the stream is still looked for.
    if (Number(await client.call('EXISTS', old.epochs)) === 1) {
      await client.call('RENAMENX', old.epochs, now.epochs);
    }
    return Number(await client.call('RENAMENX', old.log, now.log)) === 1;
  } catch (error) {
    if (!(error instanceof CentreFault)) throw error;
    // A Redis Cluster: keys without the tag lie on other nodes, and no site could ever write there.
    if (error.code === 'MOVED' || error.code === 'CROSSSLOT') return false;
    if (error.code === 'NOPERM' && !hasDelivered) return false;
    return denied(error);
  }
}

function notAllowed(error: unknown, keys: string): never {
  if (!(error instanceof CentreFault) || error.code !== 'NOPERM') throw error;
  throw new CentreFault('NOPERM', tell('centre.oldName', { keys }), 'slow');
}

function isNoted({ notes }: NamesContext['store']): boolean {
  try {
    return notes.get(NOTE) === 'tagged';
  } catch {
    return false;
  }
}

/** A store that does not take the note only costs the question once more. */
function remember({ notes }: NamesContext['store']): void {
  try {
    notes.put(NOTE, 'tagged');
  } catch {
    // Asked again at the next connection.
  }
}
