/** Looks whether the secrets that came from files are others by now, so that a renewed one needs nobody to say so. */
import type { FreshSecrets } from '../config/secret-files.ts';
import type { World } from '../model/world.ts';

/** Files change in one step or in several: what is read is taken, or told as unusable, when it is the same twice. */
const LOOK_MS = 5_000;

interface WithSecrets<C> {
  readonly config: C;
  readonly freshSecrets?: (config: C) => Promise<FreshSecrets<C>>;
}

export interface SecretWatch<T> {
  /** Resolves to `loaded` with the new secrets, once. */
  readonly changed: Promise<T>;
  stop(): void;
}

export function watchSecrets<C, T>(
  loaded: T & WithSecrets<C>,
  { clock, logger }: Pick<World, 'clock' | 'logger'>,
): SecretWatch<T> {
  const { config, freshSecrets } = loaded;
  let cancel = (): void => {};
  let isOver = false;
  let before = JSON.stringify(config);
  let troubleBefore = '';
  let told = '';
  let resolveChanged = (_: T): void => {};
  const changed = new Promise<T>((resolve) => {
    resolveChanged = resolve;
  });

  async function look(fresh: NonNullable<WithSecrets<C>['freshSecrets']>): Promise<void> {
    const { config: found, problems } = await fresh(config);
    if (isOver) return;
    const text = JSON.stringify(found);
    if (found !== config && text === before) {
      isOver = true;
      resolveChanged({ ...loaded, config: found });
      return;
    }
    before = text;
    const trouble = JSON.stringify(problems);
    if (problems.length > 0 && trouble === troubleBefore && trouble !== told) {
      told = trouble;
      const hint = 'the secrets before stay in use; the files are looked at again';
      for (const { path, where, message } of problems)
        logger.warn('config.secret_unusable', { path, where, message, hint });
    }
    troubleBefore = trouble;
  }

  function lookLater(fresh: NonNullable<WithSecrets<C>['freshSecrets']>): void {
    cancel = clock.after(LOOK_MS, () => {
      void look(fresh).then(() => {
        if (!isOver) lookLater(fresh);
      });
    });
  }

  if (freshSecrets) lookLater(freshSecrets);
  return {
    changed,
    stop() {
      isOver = true;
      cancel();
    },
  };
}
