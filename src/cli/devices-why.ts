/** The verb that says why a device is silent, or which are: the running box knows, since it remembers what it refused. */
import { BOX_OPTIONS, type Box, type Failure, findBox } from './box-api.ts';
import { EXIT, type Verb } from './verb.ts';

interface Verdict {
  readonly devEui: string;
  readonly name: string;
  readonly silent: boolean;
  readonly text: string;
  readonly advice?: string;
}

export const devicesWhy: Verb = {
  name: 'devices why',
  group: 'Devices',
  synopsis: '[DEVEUI] [--json]',
  summary: 'say why a device is silent; without a DevEUI, which are and why',
  details:
    'Asks the running box: what was refused, and by which gateways it was heard, is remembered there since its start. Exit code 0: nothing is silent; 3: something is.',
  options: { json: { type: 'boolean', summary: 'one JSON object a line' }, ...BOX_OPTIONS },
  maxWords: 1,
  examples: ['webscada-edge devices why 70b3d57ed0000001', 'webscada-edge devices why --json'],
  async run(given, world, [devEui]) {
    const box = await findBox(given, world);
    if (typeof box === 'number') return box;
    const found = devEui === undefined ? await silentAtBox(box) : await verdictAtBox(box, devEui);
    if ('ok' in found) {
      world.stderr.write(`webscada-edge: ${found.problem}\n`);
      return found.code;
    }
    for (const verdict of found) {
      const { devEui: id, name, text, advice } = verdict;
      const line = [
        id,
        name.replace(/\p{Cc}+/gu, ' '),
        `${text}.`,
        ...(advice === undefined ? [] : [advice]),
      ].join('  ');
      world.stdout.write(`${given.flag('json') ? JSON.stringify(verdict) : line}\n`);
    }
    if (found.length === 0) world.stderr.write('no device is silent\n');
    return found.some(({ silent }) => silent) ? EXIT.degraded : EXIT.ok;
  },
};

async function verdictAtBox(box: Box, devEui: string): Promise<readonly Verdict[] | Failure> {
  const answer = await box.ask(`/api/v1/devices/${encodeURIComponent(devEui)}/silence`);
  return answer.ok ? [answer.json as Verdict] : answer;
}

async function silentAtBox(box: Box): Promise<readonly Verdict[] | Failure> {
  const found: Verdict[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = new URLSearchParams({ limit: '1000', ...(cursor === undefined ? {} : { cursor }) });
    const answer = await box.ask(`/api/v1/devices/silent?${query}`);
    if (!answer.ok) return answer;
    const page = answer.json as { readonly items: readonly Verdict[]; readonly nextCursor?: string };
    found.push(...page.items);
    cursor = page.nextCursor;
    if (cursor === undefined) return found;
  }
}
