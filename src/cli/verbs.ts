/** The table of all verbs, in the order help lists them. `help` is not in it: it is made from it. */
import { configInit, configShow, configValidate } from './config-verbs.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { EXIT, type Verb } from './verb.ts';

const run: Verb = {
  name: 'run',
  group: 'Appliance',
  synopsis: '[--config FILE] [--set KEY=VALUE]... [--simulator]',
  summary: 'run the appliance until it is stopped',
  details:
    'Listens to the gateways, keeps every reading, shows them and forwards them. Without any settings it is a broker and a page on this machine alone. The first SIGINT or SIGTERM stops it cleanly.',
  options: {
    ...SETTINGS_OPTIONS,
    simulator: { type: 'boolean', summary: 'play a small site with made-up gateways and devices' },
  },
  examples: ['webscada-edge run --simulator', 'webscada-edge run --config site.toml --set log.level=debug'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    return typeof loaded === 'number' ? loaded : world.runAppliance(loaded);
  },
};

const version: Verb = {
  name: 'version',
  group: 'About',
  synopsis: '[--json]',
  summary: 'print the version',
  options: { json: { type: 'boolean', summary: 'as JSON, with those of Node.js and the platform' } },
  examples: ['webscada-edge version --json'],
  async run(given, world) {
    const details = {
      name: 'webscada-edge',
      version: world.version,
      node: process.versions.node,
      platform: process.platform,
      arch: process.arch,
    };
    world.stdout.write(
      given.flag('json') ? `${JSON.stringify(details)}\n` : `webscada-edge ${world.version}\n`,
    );
    return EXIT.ok;
  },
};

export const VERBS: readonly Verb[] = [run, configInit, configValidate, configShow, version];
