/** The verb that says whether a box stands a new version: for Argo CD, Helm and whatever else brings one and may take it back. */
import type { Look } from '../ops/gate.ts';
import { BOX_OPTIONS, type Box, type Failure, findBox } from './box-api.ts';
import { fail } from './fail.ts';
import { spanMsOf } from './span.ts';
import { EXIT, type Verb } from './verb.ts';

const ANSWER_MS = 10_000;

export const gate: Verb = {
  name: 'gate',
  group: 'Kubernetes',
  synopsis: '[--wait TIME] [--hold TIME] [--alarms N] [--url URL] [--token-file FILE]',
  summary: 'wait until the running box is well, and fail when it is not in time',
  details:
    'Well is: readings can be stored (/readyz), and there are no more alarms of the priorities critical and high that nobody has acknowledged than --alarms says. It must be so for --hold without a break, within --wait. Where the box has access control the alarms want a token of the scope metrics; of a box that nobody has claimed yet it is enough that it is ready. Exit code 0: it is well; 1: it was not in time; 77: its alarms cannot be asked for.',
  options: {
    wait: { type: 'string', value: 'TIME', summary: 'how long it may take: 10m (if not given), 300s' },
    hold: {
      type: 'string',
      value: 'TIME',
      summary: 'how long it must be well in one piece: 2m (if not given)',
    },
    alarms: { type: 'string', value: 'N', summary: 'so many urgent alarms are still well: 0 (if not given)' },
    ...BOX_OPTIONS,
  },
  examples: ['webscada-edge gate --wait 10m --hold 2m --url http://webscada-edge:8080'],
  async run(given, world) {
    const limitMs = spanMsOf(given.text('wait') ?? '10m');
    const holdMs = spanMsOf(given.text('hold') ?? '2m');
    const alarms = given.text('alarms') ?? '0';
    if (limitMs === undefined || holdMs === undefined || holdMs >= limitMs)
      return fail(world, 'say --wait and --hold as 10m or 90s, the second less than the first', EXIT.usage);
    if (!/^\d{1,5}$/.test(alarms)) return fail(world, '--alarms wants a number', EXIT.usage);
    const box = await findBox(given, world, ANSWER_MS, hostOf(given.text('url')));
    if (typeof box === 'number') return box;
    const { watchGate } = await import('../ops/gate.ts');
    const { createLogger } = await import('../ops/logger.ts');
    const { createWorld, pause } = await import('../ops/world.ts');
    const { is, words } = await watchGate({
      clock: createWorld(createLogger({ level: 'error', format: 'pretty' })).clock,
      pause,
      look: () => lookAt(box, Number(alarms)),
      tell: (text) => world.stderr.write(`${text}\n`),
      ...{ limitMs, holdMs },
    });
    if (is !== 'well') return fail(world, words, is === 'unwell' ? EXIT.failure : EXIT.permission);
    world.stdout.write(`${box.url} is well: ${words}\n`);
    return EXIT.ok;
  },
};

/** A box does not know the name of the Service in front of it; as localhost it is asked by any. Names with a dot are its own. */
function hostOf(url: string | undefined): Readonly<Record<string, string>> {
  if (url === undefined || !URL.canParse(url)) return {};
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/[.:]/.test(hostname) ? { host: 'localhost' } : {};
}

async function lookAt(box: Box, allowed: number): Promise<Look> {
  const { lookAtAlarms } = await import('../ops/gate.ts');
  const ready = await box.exchange('/readyz');
  if (!ready.ok) return refused(ready, 'it cannot be asked whether it is ready');
  const figures = await box.exchange('/metrics');
  if (figures.ok) return lookAtAlarms(figures.text, allowed);
  if (isUnclaimed(figures))
    return { is: 'well', words: 'ready; nobody has claimed it yet, so its alarms are not asked for' };
  return refused(figures, 'its alarms cannot be asked for without a token of the scope metrics');
}

function refused({ code, problem }: Failure, without: string): Look {
  if (code !== EXIT.permission) return { is: 'unwell', words: problem };
  return { is: 'unknown', words: `${without}: ${problem}` };
}

function isUnclaimed({ json }: Failure): boolean {
  return (
    typeof json === 'object' && json !== null && 'type' in json && String(json.type).endsWith(':unclaimed')
  );
}
