/** Settings of the verbs at the centre: their own file, read like a site's. */
import { readdir, readFile, stat } from 'node:fs/promises';
import type { CollectConfig } from '../config/collect-schema.ts';
import type { FreshSecrets } from '../config/secret-files.ts';
import { exitCodeFor, SETTINGS_OPTIONS, tellProblems } from './settings.ts';
import type { CliWorld, Given } from './verb.ts';

/** Read when neither `--config` nor `WSE_CONFIG` names a file; it may be missing. Not beside a site's, whose conf.d is not ours. */
const DEFAULT_FILE = '/etc/webscada-edge/collect/config.toml';

export const CENTRE_OPTIONS = {
  ...SETTINGS_OPTIONS,
  config: {
    ...SETTINGS_OPTIONS.config,
    summary: `settings file of the centre (${DEFAULT_FILE} if it exists)`,
  },
} as const;

/** The settings, or the exit code after every problem was told. */
export async function loadCentreSettings(
  given: Given,
  world: CliWorld,
  more: readonly string[] = [],
): Promise<CollectConfig | number> {
  const { loadCollectConfig } = await import('../config/collect-schema.ts');
  const named = given.text('config') ?? (world.env.WSE_CONFIG || undefined);
  const loaded = await loadCollectConfig({
    file: named ?? DEFAULT_FILE,
    optional: named === undefined,
    env: world.env,
    readFile: (path: string) => readFile(path),
    listFolder: (path: string) => readdir(path),
    flags: [...more, ...given.texts('set')],
  });
  if (loaded.ok) return loaded.config;
  const count = loaded.problems.length;
  const title =
    count === 1 ? 'there is a problem with the settings' : `there are ${count} problems with the settings`;
  await tellProblems(world, `webscada-edge: ${title}`, loaded.problems);
  return exitCodeFor(loaded.problems);
}

/** Reads the secrets that came from files once more. */
export async function freshCentreSecrets(
  config: CollectConfig,
  { env }: Pick<CliWorld, 'env'>,
): Promise<FreshSecrets<CollectConfig>> {
  const { freshCollectSecrets } = await import('../config/collect-schema.ts');
  return freshCollectSecrets(config, {
    env,
    readFile: (path: string) => readFile(path),
    listFolder: (path: string) => readdir(path),
    isPipe: async (path: string) => (await stat(path)).isFIFO(),
  });
}
