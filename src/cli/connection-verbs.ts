/** The verb that has the running box try one of its connections step by step. */
import { CONNECTIONS, type ConnectionReport } from '../model/connection-test.ts';
import { BOX_OPTIONS, findBox } from './box-api.ts';
import { EXIT, type Verb } from './verb.ts';

/** Longer than all steps together may take. */
const LIMIT_MS = 60_000;

export const connectionTest: Verb = {
  name: 'connection test',
  group: 'Installation',
  synopsis: `${CONNECTIONS.join('|')} [--saved] [--json]`,
  summary: 'try a connection of the running box step by step, and say what to do',
  details:
    'Its name, the port, whose certificate it shows and until when, the login, what it lets the box do. Nothing is changed there. Needs a token of the scope write where the box has access control. Exit code 3: a step went wrong.',
  options: {
    saved: { type: 'boolean', summary: 'with what is saved on the pages and not in force (scope admin)' },
    json: { type: 'boolean', summary: 'as JSON' },
    ...BOX_OPTIONS,
  },
  maxWords: 1,
  examples: ['webscada-edge connection test influx'],
  async run(given, world, [name = '']) {
    if (!CONNECTIONS.some((one) => one === name)) {
      world.stderr.write(`webscada-edge: say which one: ${CONNECTIONS.join(', ')}\n`);
      return EXIT.usage;
    }
    const box = await findBox(given, world, LIMIT_MS);
    if (typeof box === 'number') return box;
    const answer = await box.ask(`/api/v1/connections/${name}/test`, { saved: given.flag('saved') });
    if (!answer.ok) {
      world.stderr.write(`webscada-edge: ${answer.problem}\n`);
      return answer.code;
    }
    const report = answer.json as ConnectionReport;
    if (given.flag('json')) world.stdout.write(`${JSON.stringify(report)}\n`);
    else
      for (const { step, isOk, found, hint } of report.steps)
        world.stdout.write(
          `${(isOk ? 'ok' : 'problem').padEnd(8)} ${step}: ${found}${hint === undefined ? '' : ` (${hint})`}\n`,
        );
    return report.steps.every(({ isOk }) => isOk) ? EXIT.ok : EXIT.degraded;
  },
};
