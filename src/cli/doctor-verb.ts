/** The verb that looks at the box and what it needs around it. */
import type { Config } from '../config/schema.ts';
import { thisMachine } from '../ops/install/machine.ts';
import { localUrl } from './box-url.ts';
import { loadSettings, SETTINGS_OPTIONS } from './settings.ts';
import { EXIT, type Verb } from './verb.ts';

export const doctor: Verb = {
  name: 'doctor',
  group: 'Installation',
  synopsis: '[--json] [--config FILE] [--set KEY=VALUE]...',
  summary: 'look at settings, pages, disk, clock and other servers, and say what to do',
  details:
    'Exit code 0: all is well; 3: the box works, but something around it does not; 1: the box does not work.',
  options: { json: { type: 'boolean', summary: 'as JSON' }, ...SETTINGS_OPTIONS },
  examples: ['sudo webscada-edge doctor'],
  async run(given, world) {
    const loaded = await loadSettings(given, world);
    if (typeof loaded === 'number') return loaded;
    const { config } = loaded;
    const { examine } = await import('../ops/doctor.ts');
    const { createLogger } = await import('../ops/logger.ts');
    const { createWorld } = await import('../ops/world.ts');
    const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
    const findings = await examine({
      machine: thisMachine(),
      clock,
      url: localUrl(config),
      storeDir: config.store.dir,
      reserveBytes: config.store.reserveBytes,
      servers: serversOf(config),
    });
    if (given.flag('json')) world.stdout.write(`${JSON.stringify({ findings })}\n`);
    else {
      for (const { what, level, text, hint } of findings) {
        world.stdout.write(`${level.padEnd(9)} ${what}: ${text}${hint === undefined ? '' : ` (${hint})`}\n`);
      }
    }
    if (findings.some(({ level }) => level === 'problem')) return EXIT.failure;
    return findings.some(({ level }) => level === 'warning') ? EXIT.degraded : EXIT.ok;
  },
};

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'mqtt:': 1883, 'mqtts:': 8883 };

/** The servers the settings name; the first sentinel stands for all. */
function serversOf({ mqtt, influx, centre }: Config): { what: string; host: string; port: number }[] {
  const urls = [
    { what: 'broker', url: mqtt.mode === 'external' ? mqtt.url : undefined },
    { what: 'InfluxDB', url: influx.url },
    { what: 'centre', url: centre.url ?? (centre.sentinels?.[0] && `redis://${centre.sentinels[0]}`) },
  ];
  return urls.flatMap(({ what, url }) => {
    if (!url || !URL.canParse(url)) return [];
    const { protocol, hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    return [{ what, host, port: Number(port || (PORTS[protocol] ?? 6379)) }];
  });
}
