/** The verb that looks at the box and what it needs around it. */
import type { Config } from '../config/schema.ts';
import { errorText } from '../model/error-text.ts';
import type { BoxAnswered } from '../ops/box-status.ts';
import type { Server } from '../ops/connections/network-steps.ts';
import type { Finding } from '../ops/install/checks.ts';
import { thisMachine } from '../ops/install/machine.ts';
import { BOX_OPTIONS, type Box, findBox, itemsOf } from './box-api.ts';
import { failWith } from './fail.ts';
import { SETTINGS_OPTIONS } from './settings.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

export const doctor: Verb = {
  name: 'doctor',
  group: 'Installation',
  synopsis: '[--json] [--report FILE] [--token-file FILE] [--config FILE] [--set KEY=VALUE]...',
  summary: 'look at settings, pages, disk, clock, other servers and silent devices, and say what to do',
  details:
    'Asks the running box first and repeats what it says is wrong (a refused password or token, a wrong clock, a full disk, a device that is silent and why); with access control it tells that only to a token. --report writes the commissioning report as well: the findings, gateways, devices with margin and values, the marks of the survey and versions on one page of HTML that needs no server, to be printed and signed. Exit code 0: all is well; 3: the box works, but something around it does not; 1: the box does not work.',
  options: {
    json: { type: 'boolean', summary: 'as JSON' },
    report: {
      type: 'string',
      value: 'FILE',
      summary: 'write the commissioning report to this file, as HTML',
    },
    'token-file': BOX_OPTIONS['token-file'],
    ...SETTINGS_OPTIONS,
  },
  examples: ['sudo webscada-edge doctor', 'sudo webscada-edge doctor --report commissioning.html'],
  async run(given, world) {
    const box = await findBox(given, world, ANSWER_MS);
    if (typeof box === 'number') return box;
    const { config } = box;
    const { brokerFindings } = await import('../ops/broker-findings.ts');
    const { examine } = await import('../ops/doctor.ts');
    const { SILENT_DEVICES_PATH } = await import('../ops/silent-devices.ts');
    const { createLogger } = await import('../ops/logger.ts');
    const { createWorld } = await import('../ops/world.ts');
    const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
    const findings = await examine({
      machine: thisMachine(),
      clock,
      url: box.url,
      askStatus: () => askStatus(box),
      askSilent: async () => {
        const answer = await box.ask(SILENT_DEVICES_PATH);
        return answer.ok ? answer.json : undefined;
      },
      storeDir: config.store.dir,
      reserveBytes: config.store.reserveBytes,
      known: brokerFindings(config.mqtt),
      servers: serversOf(config),
    });
    if (given.flag('json')) world.stdout.write(`${JSON.stringify({ findings })}\n`);
    else {
      for (const { what, level, text, hint } of findings) {
        world.stdout.write(`${level.padEnd(9)} ${what}: ${text}${hint === undefined ? '' : ` (${hint})`}\n`);
      }
    }
    const report = given.text('report');
    if (report !== undefined) {
      const problem = await writeReport(report, { box, findings, nowMs: clock.nowMs() }, world);
      if (problem !== undefined) return problem;
    }
    if (findings.some(({ level }) => level === 'problem')) return EXIT.failure;
    return findings.some(({ level }) => level === 'warning') ? EXIT.degraded : EXIT.ok;
  },
};

interface Examined {
  readonly box: Box;
  readonly findings: readonly Finding[];
  readonly nowMs: number;
}

/** The exit code where it cannot be written. A box that does not tell of its devices has a report that says so. */
async function writeReport(
  file: string,
  { box, findings, nowMs }: Examined,
  world: CliWorld,
): Promise<number | undefined> {
  const [{ siteFacts }, { commissioningReport }, { machineLines }, { release }, { replaceFile }] =
    await Promise.all([
      import('../ops/commissioning/facts.ts'),
      import('../ops/commissioning/report.ts'),
      import('../ops/support/machine-facts.ts'),
      import('../ops/release.ts'),
      import('../files/replace-file.ts'),
    ]);
  const site = await siteFacts({
    async one(path) {
      const answer = await box.ask(path);
      if (!answer.ok) throw new Error(answer.problem);
      return answer.json;
    },
    async all(path, query) {
      const items = await itemsOf(box, path, query);
      if ('problem' in items) throw new Error(items.problem);
      return items;
    },
  }).catch(errorText);
  try {
    const page = commissioningReport({ findings, site, nowMs, versions: machineLines(release()) });
    replaceFile(file, page, { mode: 0o644 });
  } catch (error) {
    return failWith(world, `${file} cannot be written`, error);
  }
  world.stderr.write(`${file}: the commissioning report\n`);
  return undefined;
}

/** A box that is well answers at once. */
const ANSWER_MS = 5_000;

async function askStatus(box: Box): Promise<BoxAnswered> {
  const answer = await box.ask('/api/v1/status');
  if (answer.ok) return { kind: 'status', json: answer.json };
  if (answer.unreachable) return { kind: 'silent' };
  return { kind: 'refused', problem: answer.problem, permission: answer.code === EXIT.permission };
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'mqtt:': 1883, 'mqtts:': 8883 };

const firstOf = (nodes: readonly string[] | undefined) => nodes && `redis://${nodes[0]}`;

/** The servers the settings name; the first sentinel or node stands for all. */
function serversOf({ mqtt, influx, centre }: Config): (Server & { what: string })[] {
  const urls = [
    { what: 'broker', url: mqtt.mode === 'external' ? mqtt.url : undefined, files: mqtt },
    { what: 'InfluxDB', url: influx.url, files: {} },
    { what: 'centre', url: centre.url ?? firstOf(centre.sentinels ?? centre.clusterNodes), files: centre },
  ];
  return urls.flatMap(({ what, url, files }) => {
    if (!url || !URL.canParse(url)) return [];
    const { protocol, hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, '');
    const isTls = /^(https|mqtts|rediss):$/.test(protocol) || (what === 'centre' && centre.tls);
    const { caFile, certFile, keyFile }: Pick<Server, 'caFile' | 'certFile' | 'keyFile'> = files;
    return [
      { what, host, port: Number(port || (PORTS[protocol] ?? 6379)), isTls, caFile, certFile, keyFile },
    ];
  });
}
