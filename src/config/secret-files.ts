/**
 * The secrets that come from files, read once more while the box runs: what gave them to it (a Kubernetes Secret, a vault's
 * agent) gives it new ones in the same place. Other settings stay as they are.
 */
import { camelCase } from './declare.ts';
import { findSecretFiles, type ReadOptions, readSecret } from './gather.ts';
import { type ConfigProblem, originText } from './problem.ts';
import { checkValue } from './value.ts';

export interface FreshSecrets<C> {
  /** The same object when nothing has changed. */
  readonly config: C;
  /** Secrets that cannot be read or are none keep their old values. */
  readonly problems: readonly ConfigProblem[];
}

interface RereadOptions extends ReadOptions {
  /** Gives what it holds once, and nobody may be at its other end any more. */
  readonly isPipe: (path: string) => Promise<boolean>;
}

/** `config` with the secrets as they are in their files now. */
export async function withFreshSecrets<C extends object>(
  config: C,
  options: RereadOptions,
): Promise<FreshSecrets<C>> {
  const { files, problems } = await findSecretFiles(options);
  const found: ConfigProblem[] = [...problems];
  let fresh = config;
  for (const file of files) {
    const { setting, origin } = file;
    if (await options.isPipe(file.file).catch(() => false)) continue;
    const read = await readSecret(options, file);
    if ('message' in read) {
      found.push(read);
      continue;
    }
    const checked = checkValue(setting, read.value);
    if (checked.ok) fresh = withValue(fresh, setting.section, setting.key ?? '', checked.value);
    else
      found.push(
        ...checked.problems.map(({ message }) => ({
          path: setting.path,
          where: originText(origin),
          message,
        })),
      );
  }
  return { config: fresh, problems: found };
}

function withValue<C extends object>(config: C, section: string, key: string, value: unknown): C {
  const sections: readonly (readonly [string, unknown])[] = Object.entries(config);
  const [name, before] = sections.find(([each]) => each === section) ?? [];
  const property = camelCase(key);
  if (name === undefined || typeof before !== 'object' || before === null) return config;
  if (Object.entries(before).some(([each, old]) => each === property && old === value)) return config;
  return { ...config, [name]: { ...before, [property]: value } };
}
