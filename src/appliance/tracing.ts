/** Traces of frames: their code is loaded only where the settings have a collector. */
import type { Config } from '../config/schema.ts';
import type { World } from '../model/world.ts';
import type { SiteTracing } from '../ops/tracing/tracing.ts';
import type { Store } from '../store/contract.ts';

export async function openTracing(
  { tracing: { endpoint, ...config }, site }: Pick<Config, 'tracing' | 'site'>,
  { epoch }: Pick<Store, 'epoch'>,
  world: World,
): Promise<SiteTracing | undefined> {
  if (endpoint === undefined) return undefined;
  const { siteTracing } = await import('../ops/tracing/tracing.ts');
  return siteTracing({ ...config, endpoint }, { site: site.id, epoch }, world);
}
