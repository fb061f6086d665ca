/** What `doctor` says of the broker from settings alone: what the embedded one exposes, and what a Mosquitto beside us would drop. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttConfig } from '../config/schema.ts';
import { isLoopback } from '../model/address.ts';
import type { Finding } from './install/checks.ts';

const MOSQUITTO_FOLDER = '/etc/mosquitto';
const MAX_FILE_BYTES = 64 * 1024;
/** Of Mosquitto 2.0, for each client that is away. */
const DEFAULT_QUEUE = 1_000;

/** `folder`: where the settings of this machine's Mosquitto are. */
export function brokerFindings(mqtt: MqttConfig, folder = MOSQUITTO_FOLDER): readonly Finding[] {
  const found = mqtt.mode === 'embedded' ? exposed(mqtt) : queue(mqtt, folder);
  return found ? [found] : [];
}

function exposed({ embeddedHost, embeddedPort }: MqttConfig): Finding | undefined {
  if (isLoopback(embeddedHost)) return undefined;
  const text = `${embeddedHost}:${embeddedPort} is open to the network and not encrypted; gateways that have a user are let in (webscada-edge broker-user list)`;
  return { what: 'network', level: 'ok', text };
}

function queue({ url = '' }: MqttConfig, folder: string): Finding | undefined {
  if (!isLoopback(URL.parse(url)?.hostname ?? '')) return undefined;
  const lines = linesOf(folder);
  if (lines.length === 0) return undefined;
  const set = lines.flatMap((line) => /^\s*max_queued_messages\s+(\d+)/.exec(line)?.[1] ?? []).at(-1);
  const most = set === undefined ? DEFAULT_QUEUE : Number(set);
  if (most === 0 || most > DEFAULT_QUEUE) return undefined;
  return {
    what: 'broker',
    level: 'warning',
    text: `Mosquitto keeps ${most} messages at most while the box is away (max_queued_messages); the rest is lost`,
    hint: `max_queued_messages 0 and max_queued_bytes 67108864 in ${folder}/conf.d/webscada-edge.conf (docs/install.md), then systemctl restart mosquitto`,
  };
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
