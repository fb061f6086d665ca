/** The verb that gathers the support bundle: what the running box tells of itself, and what can be told without it. */
import { createWriteStream, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { draftOf, removeIfPossible } from '../files/draft.ts';
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
      await put(to, support.bundle());
    } catch (error) {
      return failWith(world, `${to} cannot be written`, error);
    }
    world.stdout.write(`${to}: ${support.names.join(', ')}\n`);
    return EXIT.ok;
  },
};

/**
 * On the disk whole or not at all: half an archive looks like one, and takes the last room of a disk that may be full. What is no
 * file, a pipe, is written as it is.
 */
async function put(to: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const isFile = statSync(to, { throwIfNoEntry: false })?.isFile() ?? true;
  if (!isFile) return pipeline(Readable.from(pieces), createWriteStream(to));
  const draft = draftOf(to);
  try {
    await pipeline(
      Readable.from(pieces),
      createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true }),
    );
    await rename(draft, to);
  } catch (error) {
    removeIfPossible(draft);
    throw error;
  }
}

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
