/** Which settings a program has, looked up as the sources of settings name them: the site's appliance and `collect` have one each. */
import type { Setting } from './declare.ts';

export interface Catalogue {
  readonly settings: readonly Setting[];
  readonly byPath: ReadonlyMap<string, Setting>;
  readonly byEnv: ReadonlyMap<string, Setting>;
  readonly secrets: readonly Setting[];
  readonly sections: readonly string[];
  /** Every variable that is understood, those that name files of secrets included. */
  readonly envNames: readonly string[];
}

/** The catalogue of `settings`. */
export function createCatalogue(settings: readonly Setting[]): Catalogue {
  const secrets = settings.filter((setting) => setting.doc.secret);
  return {
    settings,
    byPath: new Map(settings.map((setting) => [setting.path, setting])),
    byEnv: new Map(settings.map((setting) => [setting.env, setting])),
    secrets,
    sections: [...new Set(settings.map((setting) => setting.section))],
    envNames: [...settings.map(({ env }) => env), ...secrets.map(({ env }) => `${env}_FILE`)],
  };
}
