/**
 * The settings a new installation begins with: the file that is given, or the template, with what the machine and the options
 * say put in. What is there already is kept.
 */
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import type { LoadResult } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { Layout } from '../ops/install/layout.ts';
import type { Machine } from '../ops/install/machine.ts';
import { fail, failToRead } from './fail.ts';
import { type BrokerChoice, brokerOfOptions, chooseBroker } from './install-broker.ts';
import { exitCodeFor, tellProblems } from './settings.ts';
import { type CliWorld, EXIT, type Given } from './verb.ts';

export const DEFAULT_PORT = 8080;
/** Options that only say what a first settings file is to hold. */
const FIRST_OPTIONS = [
  'port',
  'site',
  'config',
  'broker',
  'broker-user',
  'broker-password-file',
  'broker-port',
];

export interface FirstSettings {
  /** In force after the installation. */
  readonly config: Config;
  /** Of the file, where there is none yet. */
  readonly text: string;
  /** Secret settings by path, each to become a file among the credentials. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** By section and key. */
type Values = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

/** The settings, or the exit code after it was told what is wrong. */
export async function firstSettings(
  given: Given,
  world: CliWorld,
  layout: Layout,
  machine: Machine,
): Promise<FirstSettings | number> {
  const there = machine.exists(layout.settingsFile);
  if (there && FIRST_OPTIONS.some((name) => given.text(name) !== undefined)) {
    const names = FIRST_OPTIONS.map((name) => `--${name}`).join(', ');
    world.stderr.write(`${layout.settingsFile} is kept; ${names} are for the first installation\n`);
  }
  let text = await beginning(given, world, layout);
  if (typeof text === 'number') return text;
  let broker = await brokerOfOptions(given, world);
  if (typeof broker === 'number') return broker;
  text = await withValues(text, broker.values);
  let result = await load(text, layout, there);
  if (result.ok && !there && Object.keys(broker.values).length === 0 && !given.flag('dry-run')) {
    broker = await chooseBroker(result.config.mqtt, machine, world);
    text = await withValues(text, broker.values);
    result = await load(text, layout, there);
  }
  if (result.ok && !there && result.origins.get('store.dir')?.source === 'default') {
    // The default is for a try in a folder of one's own; a service has its place.
    text = await withValues(text, { store: { dir: layout.data } });
    result = await load(text, layout, there);
  }
  if (result.ok) return checked(result.config, text, there ? {} : broker.secrets, layout, world);
  await tellProblems(world, 'webscada-edge: these settings would not start', result.problems);
  return exitCodeFor(result.problems);
}

function checked(
  config: Config,
  text: string,
  secrets: BrokerChoice['secrets'],
  layout: Layout,
  world: CliWorld,
): FirstSettings | number {
  const { dir } = config.store;
  if (isAbsolute(dir)) return { config, text, secrets };
  const wanted = `store.dir must be absolute for a service, as "${layout.data}"`;
  return fail(world, `${wanted}; it is "${dir}"`, EXIT.config);
}

/** What is not there yet is read from memory, so that nothing is installed that would not start. */
async function load(text: string, layout: Layout, there: boolean): Promise<LoadResult> {
  const { loadConfig } = await import('../config/load.ts');
  return loadConfig({
    file: layout.settingsFile,
    env: {},
    readFile: (path) =>
      path === layout.settingsFile && !there ? Promise.resolve(text) : readFile(path, 'utf8'),
    listFolder: (path) => readdir(path),
  });
}

/** The file that is given, or the template with what an installed box needs; its embedded broker stays on the machine. */
async function beginning(given: Given, world: CliWorld, layout: Layout): Promise<string | number> {
  const port = Number(given.text('port') ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    return fail(world, '--port wants a number from 1 to 65535', EXIT.usage);
  const file = given.text('config');
  if (file !== undefined) {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      return failToRead(world, file, error);
    }
  }
  const { configTemplate } = await import('../config/template.ts');
  const host = given.text('prefix') === undefined ? '0.0.0.0' : '127.0.0.1';
  const text = configTemplate({ site: given.text('site') ?? siteName(hostname()) });
  return withValues(text, { http: { host, port }, store: { dir: layout.data } });
}

/** TOML with the values in it: in the place of the key, commented out or not, else at the head of its section. */
async function withValues(text: string, values: Values): Promise<string> {
  const { tomlValue } = await import('../config/toml.ts');
  let result = text;
  for (const [section, keys] of Object.entries(values)) {
    for (const [key, value] of Object.entries(keys)) {
      const line = `${key} = ${tomlValue(value)}`;
      const old = new RegExp(`(^\\[${section}\\]\\s*\\n(?:(?!^\\[)[^\\n]*\\n)*?)#?${key}\\s*=[^\\n]*$`, 'm');
      const head = new RegExp(`^\\[${section}\\]\\s*$`, 'm');
      if (old.test(result)) result = result.replace(old, (_, before: string) => `${before}${line}`);
      else if (head.test(result)) result = result.replace(head, (found) => `${found.trimEnd()}\n${line}`);
      else result = `${result.trimEnd()}\n\n[${section}]\n${line}\n`;
    }
  }
  return result;
}

/** A host name as the id of a site: 'Pump-3.local' -> 'pump-3'. */
function siteName(host: string): string {
  const label = host
    .split('.')[0]
    ?.toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return label?.slice(0, 63) || 'site';
}
