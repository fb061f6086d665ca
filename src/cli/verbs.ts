/** The table of all verbs, in the order help lists them. `help` is not in it: it is made from it. */

import { resetAdmin } from './access-verbs.ts';
import { ALARM_VERBS } from './alarm-verbs.ts';
import { auditVerify } from './audit-verbs.ts';
import { BACKUP_COPIES_VERBS } from './backup-copies-verbs.ts';
import { BACKUP_VERBS } from './backup-verbs.ts';
import { BROKER_USER_VERBS } from './broker-user-verbs.ts';
import { CATALOGUE_VERBS } from './catalogue-verbs.ts';
import { codecTest } from './codec-verbs.ts';
import { collect } from './collect-verb.ts';
import { commandVerb } from './command-verb.ts';
import { configInit, configShow, configValidate } from './config-verbs.ts';
import { connectionTest } from './connection-verbs.ts';
import { DEVICE_VERBS } from './devices-verbs.ts';
import { doctor } from './doctor-verb.ts';
import { EXPORT_VERBS } from './export-verbs.ts';
import { gate } from './gate-verb.ts';
import { IMPORT_VERBS } from './import-verbs.ts';
import { INFLUX_VERBS } from './influx-verbs.ts';
import { installVerb } from './install-verbs.ts';
import { manifest } from './manifest-verb.ts';
import { manualVerbs } from './manual-verbs.ts';
import { notifyVerbs } from './notify-verbs.ts';
import {
  quarantineDrop,
  quarantineList,
  quarantineRetry,
  quarantineRetype,
  quarantineShow,
} from './quarantine-verbs.ts';
import { rehearse } from './rehearse-verb.ts';
import { SERVICE_VERBS } from './service-verbs.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { sites } from './sites-verb.ts';
import { STORE_VERBS } from './store-verbs.ts';
import { supportBundle } from './support-verb.ts';
import { tail } from './tail-verb.ts';
import { uninstall } from './uninstall-verb.ts';
import { UPGRADE_VERBS } from './upgrade-verbs.ts';
import { EXIT, type Verb } from './verb.ts';
import { verifySync } from './verify-sync-verb.ts';

const run: Verb = {
  name: 'run',
  group: 'Appliance',
  synopsis: '[--config FILE] [--set KEY=VALUE]... [--simulator]',
  summary: 'run the appliance until it is stopped',
  details:
    'Listens to the gateways, keeps every reading, shows them and forwards them. Without any settings it is a broker and a page on this machine alone. The first SIGINT or SIGTERM stops it cleanly; under systemd SIGHUP reads the settings again.',
  options: {
    ...SETTINGS_OPTIONS,
    simulator: { type: 'boolean', summary: 'play a small site with made-up gateways and devices' },
  },
  examples: ['webscada-edge run --simulator', 'webscada-edge run --config site.toml --set log.level=debug'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    return typeof loaded === 'number'
      ? loaded
      : world.runAppliance(loaded, (pages) => loadSettings(given, world, pages));
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

export const VERBS: readonly Verb[] = [
  run,
  configInit,
  configValidate,
  configShow,
  ...STORE_VERBS,
  ...BACKUP_VERBS,
  ...BACKUP_COPIES_VERBS,
  ...DEVICE_VERBS,
  tail,
  ...CATALOGUE_VERBS,
  codecTest,
  quarantineList,
  quarantineShow,
  quarantineDrop,
  quarantineRetype,
  quarantineRetry,
  ...ALARM_VERBS,
  ...INFLUX_VERBS,
  ...EXPORT_VERBS,
  ...IMPORT_VERBS,
  commandVerb,
  resetAdmin,
  auditVerify,
  ...BROKER_USER_VERBS,
  installVerb(() => VERBS),
  uninstall,
  ...SERVICE_VERBS,
  ...UPGRADE_VERBS,
  doctor,
  connectionTest,
  ...notifyVerbs,
  supportBundle,
  rehearse,
  collect,
  verifySync,
  sites,
  manifest,
  gate,
  ...manualVerbs(() => VERBS),
  version,
];
