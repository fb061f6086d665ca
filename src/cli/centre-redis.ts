/** The Redis of the centre for its verbs: as the settings of the centre name it, over the connection that sites use. */
import type { CollectConfig } from '../config/collect-schema.ts';
import type { CentreConfig } from '../config/schema.ts';
import type { World } from '../model/world.ts';
import type { Client } from '../sync/site/client.ts';
import { loadCentreSettings } from './centre-settings.ts';
import { fail } from './fail.ts';
import { type CliWorld, EXIT, type Given } from './verb.ts';

export interface OpenCentre {
  readonly client: Client;
  readonly config: CentreConfig;
  readonly world: CliWorld;
  readonly clock: World['clock'];
}

/** Opens the centre for `use`; resolves to the exit code. A fault of the centre is told, with what to do. */
export async function withCentre(
  given: Given,
  world: CliWorld,
  use: (centre: OpenCentre) => Promise<number>,
): Promise<number> {
  const settings = await loadCentreSettings(given, world);
  if (typeof settings === 'number') return settings;
  const { openClient } = await import('../sync/site/client.ts');
  const { CentreFault } = await import('../sync/site/fault.ts');
  const { LIMITS } = await import('../sync/site/limits.ts');
  const { createLogger } = await import('../ops/logger.ts');
  const { createWorld } = await import('../ops/world.ts');
  const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
  const config = await asSiteSeesIt(settings.redis);
  let client: Client | undefined;
  try {
    client = await openClient(config, LIMITS, 0, new AbortController().signal, clock);
    return await use({ client, config, world, clock });
  } catch (error) {
    if (!(error instanceof CentreFault)) throw error;
    return fail(world, `${error.message}; ${error.hint}`, EXIT.unavailable);
  } finally {
    client?.close();
  }
}

/** The same place as a site's section `centre`. */
async function asSiteSeesIt({ nodes, prefix, ...same }: CollectConfig['redis']): Promise<CentreConfig> {
  const { loadConfig } = await import('../config/load.ts');
  const noFile = () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' }));
  const plain = { file: '/nonexistent', optional: true, env: {}, readFile: noFile, listFolder: noFile };
  const defaults = await loadConfig(plain);
  if (!defaults.ok) throw new Error('the defaults of the settings are wrong');
  const cluster = nodes ? { clusterNodes: nodes } : {};
  return { ...defaults.config.centre, ...same, ...cluster, streamPrefix: prefix };
}
