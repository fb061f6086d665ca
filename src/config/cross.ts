/** What no single setting can get wrong alone: settings that need, exclude or repeat one another. */
import { isLoopback } from '../model/address.ts';
import { LISTEN_ONLY_REGIONS, REGION_NAMES, SUB_BANDS } from '../model/lorawan.ts';
import { type Told, tell } from '../model/said.ts';
import { problemOfEntry } from './command-settings.ts';
import { type ConfigProblem, inWords, type Origin, originText } from './problem.ts';

/** The settings as far as they are known: a wrong value is `given` but undefined, or null inside a list of tables. */
export interface MergedSettings {
  value(path: string): unknown;
  given(path: string): boolean;
  origin(path: string, at?: string): Origin;
}

/** Every broken rule, with the setting to change. */
export function crossProblems(known: MergedSettings): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  /** Reports at `path`, or, where that was not given, at the setting that asked for it. */
  const report = (path: string, told: Told, askedBy = path): void => {
    const where = known.given(path) ? path : askedBy;
    problems.push({ path, where: originText(known.origin(where)), ...inWords(told) });
  };
  const needs = (path: string, needed: string): void => {
    if (known.given(path) && !known.given(needed)) report(needed, tell('setting.needed', { by: path }), path);
  };
  needs('http.cert_file', 'http.key_file');
  needs('http.key_file', 'http.cert_file');
  if (known.value('http.hsts_days') !== 0) needs('http.hsts_days', 'http.cert_file');
  if (known.value('http.tls') === 'files' && !known.given('http.cert_file')) {
    report('http.cert_file', tell('setting.needed', { by: 'http.tls = "files"' }), 'http.tls');
  }
  needs('backup.s3_url', 'backup.s3_access_key');
  needs('backup.s3_access_key', 'backup.s3_secret_key');
  needs('backup.s3_secret_key', 'backup.s3_url');
  needs('mqtt.cert_file', 'mqtt.key_file');
  needs('mqtt.key_file', 'mqtt.cert_file');
  needs('mqtt.password', 'mqtt.username');
  needs('notify.smtp_host', 'notify.from');
  needs('notify.smtp_username', 'notify.smtp_password');
  needs('notify.smtp_password', 'notify.smtp_username');
  needs('tracing.authorization', 'tracing.endpoint');
  needs('centre.sentinels', 'centre.master_name');
  needs('centre.sentinel_username', 'centre.sentinel_password');
  needs('centre.sentinel_password', 'centre.sentinels');
  needs('centre.cert_file', 'centre.key_file');
  needs('centre.key_file', 'centre.cert_file');
  if (known.value('mqtt.mode') === 'external' && !known.given('mqtt.url')) {
    report('mqtt.url', tell('setting.needed', { by: 'mqtt.mode = "external"' }), 'mqtt.mode');
  }
  if (known.given('centre.url')) {
    if (known.given('centre.sentinels'))
      report('centre.sentinels', tell('setting.exclude', { other: 'centre.url' }));
    else needs('centre.master_name', 'centre.sentinels');
    if (known.value('centre.tls') === true) report('centre.tls', tell('setting.nodesOnly'));
  } else {
    needs('centre.master_name', 'centre.sentinels');
  }
  for (const other of ['centre.url', 'centre.sentinels']) {
    if (known.given('centre.cluster_nodes') && known.given(other)) {
      report('centre.cluster_nodes', tell('setting.exclude', { other }));
    }
  }
  if (isListenOnly(known.value('gateway.region')) && known.value('gateway.transmit') !== false) {
    report('gateway.region', tell('setting.listenOnly', { regions: REGION_NAMES.join(', ') }));
  }
  const region = REGION_NAMES.find((name) => name === known.value('gateway.region'));
  const bands = region && SUB_BANDS[region];
  if (region && bands !== undefined && Number(known.value('gateway.sub_band')) > bands)
    report('gateway.sub_band', tell('setting.subBand', { region, bands }));
  notifyProblems(known, report);
  plainUrlProblems(known, report);
  if (
    known.value('mqtt.mode') === 'embedded' &&
    known.value('http.port') !== undefined &&
    known.value('http.port') === known.value('mqtt.embedded_port')
  ) {
    report('mqtt.embedded_port', tell('setting.samePort'), 'http.port');
  }
  for (const told of commandSettingsProblems(known.value('centre.command_settings')))
    report('centre.command_settings', told);
  problems.push(...deviceProblems(known));
  return problems;
}

function commandSettingsProblems(entries: unknown): readonly Told[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry) => problemOfEntry(String(entry)) ?? []);
}

function notifyProblems(known: MergedSettings, report: (path: string, told: Told) => void): void {
  const host = known.value('notify.smtp_host');
  const isNear = isText(host) && isLoopback(host);
  if (known.value('notify.smtp_security') === 'none' && known.given('notify.smtp_password') && !isNear)
    report('notify.smtp_security', tell('setting.clearPassword'));
  const webhooks = (known.value('webhooks') ?? []) as readonly ({ name?: unknown } | null)[];
  const names = webhooks.flatMap((one) => (isText(one?.name) ? [one.name] : []));
  const double = names.find((name, at) => names.indexOf(name) < at);
  if (double !== undefined) report('webhooks', tell('setting.webhookTwice', { name: double }));
}

/** Certificates given for a connection that would be in the clear. */
function plainUrlProblems(known: MergedSettings, report: (path: string, told: Told) => void): void {
  const mqttUrl = known.value('mqtt.url');
  for (const path of ['mqtt.ca_file', 'mqtt.cert_file']) {
    if (known.given(path) && isText(mqttUrl) && mqttUrl.startsWith('mqtt://')) {
      report(path, tell('setting.plainUrl', { scheme: 'mqtts', url: 'mqtt.url' }));
    }
  }
  const centreUrl = known.value('centre.url');
  for (const path of ['centre.ca_file', 'centre.cert_file']) {
    if (!known.given(path)) continue;
    if (isText(centreUrl) && centreUrl.startsWith('redis://')) {
      report(path, tell('setting.plainUrl', { scheme: 'rediss', url: 'centre.url' }));
    } else if (hasManyNodes(known) && known.value('centre.tls') === false) {
      report(path, tell('setting.plainNodes'));
    }
  }
}

function hasManyNodes(known: MergedSettings): boolean {
  return known.given('centre.sentinels') || known.given('centre.cluster_nodes');
}

function deviceProblems(known: MergedSettings): ConfigProblem[] {
  const devices = (known.value('devices') ?? []) as readonly Partial<Record<string, string | null>>[];
  const first = new Map<string, number>();
  const problems: ConfigProblem[] = [];
  for (const [index, device] of devices.entries()) {
    const at = `[${index}]`;
    const report = (key: string, message: string): void => {
      problems.push({
        path: `devices${at}.${key}`,
        where: originText(known.origin('devices', `${at}.${key}`)),
        message,
      });
    };
    const devEui = device.dev_eui;
    const earlier = isText(devEui) ? first.get(devEui) : undefined;
    if (isText(devEui) && earlier === undefined) first.set(devEui, index);
    if (earlier !== undefined) {
      const other = originText(known.origin('devices', `[${earlier}].dev_eui`));
      report('dev_eui', `is that of devices[${earlier}] (${other}) too: a device is declared once`);
    }
    const abp = ['dev_addr', 'nwk_s_key', 'app_s_key'];
    const missing = abp.filter((key) => device[key] === undefined);
    if (missing.length > 0 && missing.length < abp.length) {
      for (const key of missing) report(key, `is missing: ${abp.join(', ')} belong together`);
    }
  }
  return problems;
}

function isListenOnly(region: unknown): boolean {
  return LISTEN_ONLY_REGIONS.some((name) => name === region);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
