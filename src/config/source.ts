/**
 * Turns each source (environment, secret files, credentials, flags, a parsed file) into given values: which setting,
 * what value, from where. Names that are no setting become problems here; values are judged later.
 */

import { type Told, tell } from '../model/said.ts';
import { didYouMean } from '../model/suggest.ts';
import { type Catalogue, createCatalogue } from './catalogue.ts';
import type { Setting } from './declare.ts';
import { withoutLineEnd } from './decode.ts';
import type { ParsedFile } from './file.ts';
import { type ConfigProblem, type Origin, originText, printable } from './problem.ts';
import { SETTINGS } from './schema.ts';
import { isTable, parseText } from './value.ts';

export interface Given {
  readonly setting: Setting;
  readonly value: unknown;
  readonly origin: Origin;
  /** Origin of a place inside the value ('[2].dev_eui'), where the source knows better than `origin`. */
  readonly originAt?: (at: string) => Origin;
}

export interface Gathered {
  readonly given: readonly Given[];
  readonly problems: readonly ConfigProblem[];
}

export type Env = Readonly<Record<string, string | undefined>>;

/** The settings of the site's appliance, which are meant unless others are named. */
const SITE: Catalogue = createCatalogue(SETTINGS);

/** What Node makes of such bytes in a variable. */
const NOT_UTF8 = '\ufffd';

/** Ours but no settings: the file to read, and what only tests read. */
const OTHER_ENV = /^WSE_(CONFIG$|TOKEN$|TEST_)/;
/** Kubernetes names every Service of the namespace to every container; one called 'wse-…' must not stop us. */
const SERVICE_LINK = /_(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)$/;

/** Values of `WSE_…` variables; an empty one counts as not set. Every unknown `WSE_…` name is a problem. */
export function fromEnv(env: Env, catalogue = SITE): Gathered {
  const given: Given[] = [];
  const problems: ConfigProblem[] = [];
  for (const [name, raw = ''] of Object.entries(env)) {
    // `kubectl create secret --from-file` and files of variables from Windows bring the end of a line along.
    const text = withoutLineEnd(raw);
    if (!name.startsWith('WSE_') || OTHER_ENV.test(name) || text === '') continue;
    const setting = catalogue.byEnv.get(name);
    if (setting?.doc.secret && text.includes(NOT_UTF8)) {
      const message = 'holds bytes that are not UTF-8';
      problems.push({ path: setting.path, where: name, message });
    } else if (setting) {
      given.push({ setting, value: parseText(setting.kind, text), origin: { source: 'env', name } });
    } else if (
      !catalogue.envNames.includes(name) &&
      !SERVICE_LINK.test(name) &&
      !/^(tcp|udp):\/\//.test(text)
    ) {
      problems.push({ path: '', where: printable(name), message: unknownEnv(name, catalogue) });
    }
  }
  return { given, problems };
}

function unknownEnv(name: string, { byEnv, envNames }: Catalogue): string {
  const base = name.endsWith('_FILE') ? byEnv.get(name.slice(0, -'_FILE'.length)) : undefined;
  if (base) return `only secrets can come from a file; set ${base.env} itself`;
  return `is not a setting${didYouMean(name, envNames)}`;
}

/** `['influx.token', '…']` pairs of `--set` and of flags that stand for a setting. */
export function fromFlags(flags: readonly string[], { byPath } = SITE): Gathered {
  const given: Given[] = [];
  const problems: ConfigProblem[] = [];
  for (const flag of flags) {
    const equals = flag.indexOf('=');
    const path = equals < 0 ? '' : flag.slice(0, equals).trim();
    const text = flag.slice(equals + 1);
    const where = path === '' ? '--set' : `--set ${printable(path)}`;
    const setting = byPath.get(path);
    if (path === '') {
      problems.push({ path: '', where, message: 'wants key=value, as in --set http.port=8081' });
    } else if (!setting) {
      const candidates = [...byPath.keys()];
      problems.push({ path: '', where, message: `is not a setting${didYouMean(path, candidates)}` });
    } else if (isSecretText(setting, text)) {
      const message = `is a secret, and everyone on the machine can read a command line; set ${setting.env}_FILE to the name of a file that holds it`;
      problems.push({ path: '', where, message });
    } else {
      given.push({ setting, value: parseText(setting.kind, text), origin: { source: 'flag', flag: where } });
    }
  }
  return { given, problems };
}

function isSecretText(setting: Setting, text: string): boolean {
  if (setting.kind.type === 'tables') return setting.kind.fields.some((field) => field.doc.secret);
  return setting.doc.secret === true || (setting.doc.secret === 'in-url' && text.includes('@'));
}

/** Values of one parsed settings file. */
export function fromFile(file: string, parsed: ParsedFile, catalogue = SITE): Gathered {
  const { byPath, sections } = catalogue;
  const given: Given[] = [];
  const problems: ConfigProblem[] = [];
  const origin = (...path: readonly (string | number)[]): Origin => {
    const line = parsed.lineOf(path);
    return { source: 'file', file, ...(line === undefined ? {} : { line }) };
  };
  const problem = (path: readonly string[], message: string, told: Partial<Told> = {}): void => {
    const where = originText(origin(...path));
    const { said } = told;
    problems.push({ path: path.map(printable).join('.'), where, message, ...(said ? { said } : {}) });
  };
  for (const [section, content] of Object.entries(parsed.table)) {
    const whole = byPath.get(section);
    if (whole && whole.key === undefined) {
      const originAt = (at: string): Origin => origin(section, ...steps(at));
      given.push({ setting: whole, value: content ?? whole.default, origin: origin(section), originAt });
    } else if (!sections.includes(section)) {
      problem([section], unknownSection(section, catalogue));
    } else if (content !== null && !isTable(content)) {
      problem([section], `must be a section, [${section}]`);
    } else {
      for (const [key, value] of Object.entries(content ?? {})) {
        const setting = byPath.get(`${section}.${key}`);
        if (setting) {
          const originAt = (at: string): Origin => origin(section, key, ...steps(at));
          given.push({ setting, value, origin: origin(section, key), originAt });
        } else {
          problem([section, key], unknownKey(section, key, catalogue), tell('setting.unknown'));
        }
      }
    }
  }
  return { given, problems };
}

function unknownSection(name: string, { byPath, settings, sections }: Catalogue): string {
  const dotted = byPath.get(name);
  if (dotted) return `is not a section: put ${dotted.key} into [${dotted.section}]`;
  const homes = settings.filter((setting) => setting.key === name);
  if (homes.length === 0) return `is not a section${didYouMean(name, sections)}`;
  return `is not a section; it belongs into ${homes.map((setting) => `[${setting.section}]`).join(' or ')}`;
}

function unknownKey(section: string, key: string, { settings }: Catalogue): string {
  const keys = settings.filter((setting) => setting.section === section).map((setting) => setting.key ?? '');
  const near = didYouMean(key, keys);
  const homes = settings.filter((setting) => setting.key === key);
  if (near !== '' || homes.length === 0) return `is not a setting${near}`;
  return `is not a setting; it belongs into ${homes.map((setting) => `[${setting.section}]`).join(' or ')}`;
}

/** '[2].dev_eui' -> [2, 'dev_eui']. */
function steps(at: string): (string | number)[] {
  return [...at.matchAll(/\[(\d+)\]|\.([^.[]+)/g)].map((m) =>
    m[1] === undefined ? (m[2] ?? '') : Number(m[1]),
  );
}

/** Which files hold secrets: `WSE_…_FILE` variables, then files named like settings in `$CREDENTIALS_DIRECTORY`. */
export interface SecretFile {
  readonly setting: Setting;
  readonly file: string;
  readonly origin: Origin;
}

export function secretFilesOfEnv(env: Env, { secrets } = SITE): SecretFile[] {
  return secrets.flatMap((setting) => {
    const name = `${setting.env}_FILE`;
    const file = env[name];
    return file === undefined || file === ''
      ? []
      : [{ setting, file, origin: { source: 'secret-file', name } }];
  });
}

/** `names`: what lies in the folder. A name that starts like a section but is no secret setting is a problem. */
export function credentialFiles(
  folder: string,
  names: readonly string[],
  { secrets, sections } = SITE,
): { readonly files: readonly SecretFile[]; readonly problems: readonly ConfigProblem[] } {
  const files: SecretFile[] = [];
  const problems: ConfigProblem[] = [];
  const secretPaths = secrets.map((setting) => setting.path);
  for (const name of names) {
    const setting = secrets.find((candidate) => candidate.path === name);
    const origin: Origin = { source: 'credential', name: printable(name) };
    if (setting) files.push({ setting, file: `${folder}/${name}`, origin });
    else if (sections.includes(name.split('.', 1)[0] ?? '') && name.includes('.')) {
      const message = `is not a secret setting${didYouMean(name, secretPaths)}`;
      problems.push({ path: '', where: originText(origin), message });
    }
  }
  return { files, problems };
}
