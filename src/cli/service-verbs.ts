/** The verbs about the installed service, handed to systemd. */
import { NAME } from '../ops/install/layout.ts';
import { thisMachine } from '../ops/install/machine.ts';
import { type CliWorld, EXIT, type Verb } from './verb.ts';

/** How long systemd may take: a damaged store is repaired before the service is ready. */
const LIMIT_MS = 3_660_000;

const ACTIONS = [
  ['start', 'start the installed service'],
  ['stop', 'stop the installed service; it starts again with the machine'],
  ['restart', 'stop the installed service and start it'],
  ['reload', 'let the installed service read its settings again'],
] as const;

function action(name: string, summary: string): Verb {
  return {
    name: `service ${name}`,
    group: 'Installation',
    synopsis: '',
    summary,
    options: {},
    examples: [`sudo webscada-edge service ${name}`],
    async run(_given, world) {
      const machine = thisMachine();
      if (machine.uid() !== 0)
        return refuse(world, `only root may ${name} it: sudo webscada-edge service ${name}`);
      const { code, stderr } = await machine.run('systemctl', [name, NAME], LIMIT_MS);
      if (code === 0) return EXIT.ok;
      world.stderr.write(`webscada-edge: ${stderr.trim() || `systemctl ended with ${code}`}\n`);
      if (code === 127) world.stderr.write('There is no systemd here.\n');
      else world.stderr.write('See: webscada-edge service logs\n');
      return EXIT.failure;
    },
  };
}

const status: Verb = {
  name: 'service status',
  group: 'Installation',
  synopsis: '',
  summary: 'say how the installed service is',
  details:
    'Exit code 0 while it runs, 3 while it starts, stops or waits for its next start, 1 when it does not run.',
  options: {},
  async run(_given, world) {
    const machine = thisMachine();
    const shown = await machine.run('systemctl', ['status', '--no-pager', '--lines=5', NAME]);
    world.stdout.write(shown.stdout);
    if (shown.stdout === '') world.stderr.write(`webscada-edge: ${shown.stderr.trim()}\n`);
    const active = (await machine.run('systemctl', ['is-active', NAME])).stdout.trim();
    if (active === 'active' || active === 'reloading') return EXIT.ok;
    return active.endsWith('ing') ? EXIT.degraded : EXIT.failure;
  },
};

const logs: Verb = {
  name: 'service logs',
  group: 'Installation',
  synopsis: '[--lines N]',
  summary: 'print the newest lines of the installed service’s log',
  options: { lines: { type: 'string', short: 'n', value: 'N', summary: 'how many; 100 if not given' } },
  examples: ['webscada-edge service logs --lines 20', 'journalctl -fu webscada-edge'],
  async run(given, world) {
    const lines = given.text('lines') ?? '100';
    if (!/^[1-9]\d{0,5}$/.test(lines)) {
      world.stderr.write('webscada-edge: --lines wants a number from 1 to 999999\n');
      return EXIT.usage;
    }
    const shown = await thisMachine().run('journalctl', ['--unit', NAME, '--no-pager', `--lines=${lines}`]);
    world.stdout.write(shown.stdout);
    if (shown.code === 0) return EXIT.ok;
    world.stderr.write(`webscada-edge: ${shown.stderr.trim()}\n`);
    return EXIT.failure;
  },
};

function refuse(world: CliWorld, reason: string): number {
  world.stderr.write(`webscada-edge: ${reason}\n`);
  return EXIT.permission;
}

export const SERVICE_VERBS: readonly Verb[] = [
  ...ACTIONS.map(([name, summary]) => action(name, summary)),
  status,
  logs,
];
