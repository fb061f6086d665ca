/** What no single setting can get wrong alone: settings that need, exclude or repeat one another. */
import { isLoopback } from '../model/address.ts';
import { LISTEN_ONLY_REGIONS, REGION_NAMES } from '../model/lorawan.ts';
import { problemOfEntry } from './command-settings.ts';
import { type ConfigProblem, type Origin, originText } from './problem.ts';

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
  const report = (path: string, message: string, askedBy = path): void => {
    const where = known.given(path) ? path : askedBy;
    problems.push({ path, where: originText(known.origin(where)), message });
  };
  const needs = (path: string, needed: string): void => {
    if (known.given(path) && !known.given(needed)) report(needed, `is missing: ${path} needs it`, path);
  };
  needs('http.cert_file', 'http.key_file');
  needs('http.key_file', 'http.cert_file');
  if (known.value('http.hsts_days') !== 0) needs('http.hsts_days', 'http.cert_file');
  if (known.value('http.tls') === 'files' && !known.given('http.cert_file')) {
    report('http.cert_file', 'is missing: http.tls = "files" needs it', 'http.tls');
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
    report('mqtt.url', 'is missing: mqtt.mode = "external" needs it', 'mqtt.mode');
  }
  if (known.given('centre.url')) {
    if (known.given('centre.sentinels'))
      report('centre.sentinels', 'and centre.url exclude each other: remove one');
    else needs('centre.master_name', 'centre.sentinels');
    if (known.value('centre.tls') === true)
      report('centre.tls', 'is for sentinels and cluster_nodes: write rediss:// in centre.url');
  } else {
    needs('centre.master_name', 'centre.sentinels');
  }
  for (const other of ['centre.url', 'centre.sentinels']) {
    if (known.given('centre.cluster_nodes') && known.given(other)) {
      report('centre.cluster_nodes', `and ${other} exclude each other: remove one`);
    }
  }
  if (isListenOnly(known.value('gateway.region')) && known.value('gateway.transmit') !== false) {
    report(
      'gateway.region',
      `is a region whose devices are heard here and never answered: set gateway.transmit = false, or use one of ${REGION_NAMES.join(', ')}`,
    );
  }
  notifyProblems(known, report);
  plainUrlProblems(known, report);
  if (
    known.value('mqtt.mode') === 'embedded' &&
    known.value('http.port') !== undefined &&
    known.value('http.port') === known.value('mqtt.embedded_port')
  ) {
    report('mqtt.embedded_port', 'is the same as http.port: give each its own', 'http.port');
  }
  for (const message of commandSettingsProblems(known.value('centre.command_settings')))
    report('centre.command_settings', message);
  problems.push(...deviceProblems(known));
  return problems;
}

function commandSettingsProblems(entries: unknown): readonly string[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry) => problemOfEntry(String(entry)) ?? []);
}

function notifyProblems(known: MergedSettings, report: (path: string, message: string) => void): void {
  const host = known.value('notify.smtp_host');
  const isNear = isText(host) && isLoopback(host);
  if (known.value('notify.smtp_security') === 'none' && known.given('notify.smtp_password') && !isNear)
    report('notify.smtp_security', 'would send the password in the clear: use starttls or tls');
  const webhooks = (known.value('webhooks') ?? []) as readonly ({ name?: unknown } | null)[];
  const names = webhooks.flatMap((one) => (isText(one?.name) ? [one.name] : []));
  const double = names.find((name, at) => names.indexOf(name) < at);
  if (double !== undefined) report('webhooks', `has two of the name ${double}`);
}

/** Certificates given for a connection that would be in the clear. */
function plainUrlProblems(known: MergedSettings, report: (path: string, message: string) => void): void {
  const mqttUrl = known.value('mqtt.url');
  for (const path of ['mqtt.ca_file', 'mqtt.cert_file']) {
    if (known.given(path) && isText(mqttUrl) && mqttUrl.startsWith('mqtt://')) {
      report(path, 'is of no use without TLS: write mqtts:// in mqtt.url');
    }
  }
  const centreUrl = known.value('centre.url');
  for (const path of ['centre.ca_file', 'centre.cert_file']) {
    if (!known.given(path)) continue;
    if (isText(centreUrl) && centreUrl.startsWith('redis://')) {
      report(path, 'is of no use without TLS: write rediss:// in centre.url');
    } else if (hasManyNodes(known) && known.value('centre.tls') === false) {
      report(path, 'is of no use without TLS: set centre.tls = true');
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
