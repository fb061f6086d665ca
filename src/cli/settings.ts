/** From the command line to the settings: which file is read, and how its problems are told. */
import { readdir, readFile, stat } from 'node:fs/promises';
import type { ConfigProblem } from '../config/problem.ts';
import { type CliWorld, EXIT, type Given, type LoadedConfig, type Option } from './verb.ts';

/** Read when neither `--config` nor `WSE_CONFIG` names a file; it may be missing. */
export const DEFAULT_CONFIG_FILE = '/etc/webscada-edge/config.toml';

/** The options of every verb that reads the settings. */
export const SETTINGS_OPTIONS = {
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    summary: `settings file: TOML, YAML or JSON (${DEFAULT_CONFIG_FILE} if it exists)`,
  },
  set: {
    type: 'string',
    multiple: true,
    value: 'KEY=VALUE',
    summary: 'one setting, over all files and the environment; may be repeated',
  },
} as const satisfies Readonly<Record<string, Option>>;

/** Loads the settings, or tells every problem on standard error and gives the exit code. */
export async function loadSettings(
  given: Given,
  world: CliWorld,
  pages?: 'next',
): Promise<LoadedConfig | number> {
  const { loadConfig } = await import('../config/load.ts');
  const named = given.text('config') ?? (world.env.WSE_CONFIG || undefined);
  const flags = [...(given.flag('simulator') ? ['simulator.enabled=true'] : []), ...given.texts('set')];
  const options = {
    file: named ?? DEFAULT_CONFIG_FILE,
    optional: named === undefined,
    env: world.env,
    readFile: (path: string) => readFile(path),
    listFolder: (path: string) => readdir(path),
    flags,
  };
  const result = await loadConfig({ ...options, ...(pages ? { pages } : {}) });
  if (result.ok) {
    const { withFreshSecrets } = await import('../config/secret-files.ts');
    const isPipe = async (path: string): Promise<boolean> => (await stat(path)).isFIFO();
    const again = { ...options, isPipe };
    return {
      ...result,
      ...(pages ? { isTried: true } : {}),
      withPages: (text) => loadConfig({ ...options, pages: { text } }),
      freshSecrets: (config) => withFreshSecrets(config, again),
    };
  }
  const count = result.problems.length;
  const title =
    count === 1 ? 'there is a problem with the settings' : `there are ${count} problems with the settings`;
  await tellProblems(world, `webscada-edge: ${title}`, result.problems);
  return exitCodeFor(result.problems);
}

/** Settings that may not be read are not wrong ones: once they may be, the box starts with them. */
export function exitCodeFor(problems: readonly ConfigProblem[]): number {
  return problems.some(({ permission }) => permission) ? EXIT.permission : EXIT.config;
}

/** Writes `title` and a line for each problem to standard error. */
export async function tellProblems(
  world: CliWorld,
  title: string,
  problems: readonly ConfigProblem[],
): Promise<void> {
  const { formatProblem } = await import('../config/problem.ts');
  const lines = problems.map((problem) => `  ${formatProblem(problem)}\n`);
  world.stderr.write(`${title}\n${lines.join('')}`);
}
