/** The verb that gathers the support bundle: what the running box tells of itself, and what can be told without it. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BOX_OPTIONS, type Box, findBox } from './box-api.ts';
import { failWith } from './fail.ts';
import { EXIT, type Verb } from './verb.ts';

const DEFAULT_FILE = 'support.tar.gz';
/** Of the service's own log, where the box does not answer. */
const LOG_LINES = 5_000;
const ANSWER_MS = 20_000;

export const supportBundle: Verb = {
  name: 'support-bundle',
  group: 'Installation',
  synopsis: '[--to FILE] [--token-file FILE] [--url URL] [--config FILE]',
  summary: 'write what somebody far away needs to find a fault into one file, without secrets',
  details: `Asks the running box, with access control by a token of the scope write. Where it does not answer, the bundle has settings, machine and the newest ${LOG_LINES} lines of the service's log. Passwords, tokens and keys are taken out; names and addresses stay.`,
  options: {
    to: { type: 'string', value: 'FILE', summary: `file to write; ${DEFAULT_FILE} if not given` },
    ...BOX_OPTIONS,
  },
  examples: ['sudo webscada-edge support-bundle --to /media/usb/support.tar.gz'],
  async run(given, world) {
    const box = await findBox(given, world, ANSWER_MS);
    if (typeof box === 'number') return box;
    const { secretsIn } = await import('../config/secrets-in.ts');
    const { createSupport } = await import('../ops/support/bundle.ts');
    const { createLogger } = await import('../ops/logger.ts');
    const { createWorld } = await import('../ops/world.ts');
    const { clock } = createWorld(createLogger({ level: 'error', format: 'pretty' }));
    const files = (await filesOfBox(box)) ?? (await filesWithout(box));
    const support = createSupport(files, secretsIn(box.config), clock.nowMs);
    const to = given.text('to') ?? DEFAULT_FILE;
    try {
      await pipeline(Readable.from(support.bundle()), createWriteStream(to, { mode: 0o600 }));
    } catch (error) {
      return failWith(world, `${to} cannot be written`, error);
    }
    world.stdout.write(`${to}: ${support.names.join(', ')}\n`);
    return EXIT.ok;
  },
};

interface File {
  readonly name: string;
  readonly make: () => Promise<string>;
}

/** undefined where it does not answer, or not to us. */
async function filesOfBox(box: Box): Promise<File[] | undefined> {
  const list = await box.ask('/api/v1/support');
  if (!list.ok) return undefined;
  const { items = [] } = list.json as { items?: readonly { readonly name: string }[] };
  return items.map(({ name }) => ({
    name,
    async make() {
      const answer = await box.exchange(`/api/v1/support/files/${encodeURIComponent(name)}`);
      if (!answer.ok) throw new Error(answer.problem);
      return answer.text;
    },
  }));
}

async function filesWithout({ config, ask }: Box): Promise<File[]> {
  const { showConfig } = await import('../config/show.ts');
  const { NAME } = await import('../ops/install/layout.ts');
  const { thisMachine } = await import('../ops/install/machine.ts');
  const { release } = await import('../ops/release.ts');
  const { pretty } = await import('../ops/support/bundle.ts');
  const { machineFacts } = await import('../ops/support/machine-facts.ts');
  const words = ['--unit', NAME, '--no-pager', `--lines=${LOG_LINES}`];
  return [
    { name: 'about.json', make: async () => pretty(machineFacts(release())) },
    { name: 'settings.toml', make: async () => showConfig(config) },
    { name: 'box.json', make: async () => pretty(await ask('/api/v1/status')) },
    { name: 'log.txt', make: async () => (await thisMachine().run('journalctl', words)).stdout },
  ];
}
