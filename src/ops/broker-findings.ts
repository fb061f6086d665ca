/** What `doctor` says of the broker from settings alone: what the embedded one exposes, and what a Mosquitto beside us would drop or hold back. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttConfig } from '../config/schema.ts';
import { isLoopback } from '../model/address.ts';
import { type ToldTrouble, tell } from '../model/said.ts';
import type { Finding } from './install/checks.ts';

const MOSQUITTO_FOLDER = '/etc/mosquitto';
const MAX_FILE_BYTES = 64 * 1024;
/** Of Mosquitto 2.0, for each client that is away. */
const DEFAULT_QUEUE = 1_000;

/** `folder`: where the settings of this machine's Mosquitto are. */
export function brokerFindings(mqtt: MqttConfig, folder = MOSQUITTO_FOLDER): readonly Finding[] {
  const found = mqtt.mode === 'embedded' ? [exposed(mqtt)] : beside(mqtt, folder);
  return found.filter((finding) => finding !== undefined);
}

function exposed({ embeddedHost, embeddedPort }: MqttConfig): Finding | undefined {
  if (isLoopback(embeddedHost)) return undefined;
  const { detail, said } = tell('finding.exposed', { where: `${embeddedHost}:${embeddedPort}` });
  return { what: 'network', level: 'ok', text: detail, said };
}

function beside({ url = '' }: MqttConfig, folder: string): readonly (Finding | undefined)[] {
  if (!isLoopback(URL.parse(url)?.hostname ?? '')) return [];
  const lines = linesOf(folder);
  return lines.length === 0 ? [] : [queue(lines, folder), delay(lines, folder)];
}

function queue(lines: readonly string[], folder: string): Finding | undefined {
  const set = lines.flatMap((line) => /^\s*max_queued_messages\s+(\d+)/.exec(line)?.[1] ?? []).at(-1);
  const most = set === undefined ? DEFAULT_QUEUE : Number(set);
  if (most === 0 || most > DEFAULT_QUEUE) return undefined;
  return found('warning', tell('finding.mosquittoQueue', { most, folder }));
}

/** No fault, only slower: nothing is lost by it. */
function delay(lines: readonly string[], folder: string): Finding | undefined {
  const set = lines.flatMap((line) => /^\s*set_tcp_nodelay\s+(\S+)/.exec(line)?.[1] ?? []).at(-1);
  if (set === 'true') return undefined;
  return found('ok', tell('finding.mosquittoDelay', { folder }));
}

function found(level: Finding['level'], { detail, hint, said }: ToldTrouble): Finding {
  return { what: 'broker', level, text: detail, hint, said };
}

/** Of all files that can be read; none where there is no Mosquitto. */
function linesOf(folder: string): readonly string[] {
  const files = ['mosquitto.conf', ...confD(join(folder, 'conf.d')).map((name) => join('conf.d', name))];
  return files.flatMap((name) => {
    try {
      const file = join(folder, name);
      const { size } = statSync(file);
      return size > MAX_FILE_BYTES ? [] : readFileSync(file, 'utf8').split('\n');
    } catch {
      return [];
    }
  });
}

function confD(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .sort();
  } catch {
    return [];
  }
}
