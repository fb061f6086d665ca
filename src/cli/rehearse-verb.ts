/** The verb that has the running box rehearse an outage, follows it, and prints its page. */
import * as z from 'zod/mini';
import { BOX_OPTIONS, type Box, findBox } from './box-api.ts';
import { confirmed } from './confirm.ts';
import { fail } from './fail.ts';
import { spanMsOf } from './span.ts';
import { type CliWorld, EXIT, type Given, type Verb } from './verb.ts';

const ANSWER_MS = 30_000;
const POLL_MS = 2_000;

const preview = z.object({
  expectedRecords: z.number(),
  expectedBytes: z.number(),
  lines: z.array(z.object({ line: z.string(), forS: z.number() })),
  remarks: z.array(z.string()),
  objections: z.array(z.string()),
});

const rehearsal = z.object({
  state: z.string(),
  verdict: z.optional(z.enum(['proved', 'failed', 'unproved'])),
  events: z.array(z.object({ time: z.string(), text: z.string() })),
  page: z.string(),
});

export const rehearse: Verb = {
  name: 'rehearse',
  group: 'Installation',
  synopsis: '[--centre TIME] [--influx TIME] [--broker TIME] [--yes] [--json] [--no-wait] | --stop | --last',
  summary: 'cut lines of the running box on purpose for a while, and prove afterwards that nothing was lost',
  details:
    'TIME is 2h, 30m or 90s; centre and InfluxDB up to 24 hours, an external broker up to 30 minutes. Nothing is cut where a line is not whole to begin with, or what waits would not find room. The lines are mended at their time, by --stop, and by any new start of the box. Needs a token of the scope admin where the box has access control. Exit code 0: proved; 3: no loss found, but not everything could be looked at; 1: something is missing, or it did not begin.',
  options: {
    centre: { type: 'string', value: 'TIME', summary: 'cut the line to the centre for so long' },
    influx: { type: 'string', value: 'TIME', summary: 'the same of InfluxDB' },
    broker: { type: 'string', value: 'TIME', summary: 'the same of an external broker' },
    yes: { type: 'boolean', summary: 'do not ask' },
    'no-wait': { type: 'boolean', summary: 'begin and leave; --last prints the page later' },
    stop: { type: 'boolean', summary: 'mend all lines now' },
    last: { type: 'boolean', summary: 'print the page of the last one' },
    json: { type: 'boolean', summary: 'as JSON' },
    ...BOX_OPTIONS,
  },
  examples: ['sudo webscada-edge rehearse --centre 2h --influx 30m --broker 5m'],
  async run(given, world) {
    const times = timesOf(given);
    const asked = [given.flag('stop'), given.flag('last'), Object.keys(times).length > 0];
    if (Object.values(times).includes(undefined) || asked.filter(Boolean).length !== 1)
      return fail(
        world,
        'say how long each line is to be cut (--centre 2h --influx 30m --broker 5m), or --stop, or --last',
        EXIT.usage,
      );
    const box = await findBox(given, world, ANSWER_MS);
    if (typeof box === 'number') return box;
    if (given.flag('last')) return show(box, given, world);
    if (given.flag('stop')) {
      const ended = await box.ask('/api/v1/rehearsal/end', {});
      if (!ended.ok) return fail(world, ended.problem, ended.code);
    } else {
      const code = await begin(box, times, given, world);
      if (code !== undefined) return code;
    }
    return given.flag('no-wait') ? EXIT.ok : follow(box, given, world);
  },
};

function timesOf(given: Given): Record<string, number | undefined> {
  const names = ['centre', 'influx', 'broker'].filter((name) => given.text(name) !== undefined);
  return Object.fromEntries(names.map((name) => [`${name}S`, secondsOf(given.text(name))]));
}

/** undefined where it is no time. */
function secondsOf(text: string | undefined): number | undefined {
  const spanMs = spanMsOf(text);
  return spanMs === undefined ? undefined : spanMs / 1_000;
}

/** Shows what it will do, asks, and begins; the exit code where it does not. */
async function begin(
  box: Box,
  times: Readonly<Record<string, number | undefined>>,
  given: Given,
  world: CliWorld,
): Promise<number | undefined> {
  const looked = await box.ask('/api/v1/rehearsal/preview', times);
  if (!looked.ok) return fail(world, looked.problem, looked.code);
  const ahead = z.safeParse(preview, looked.json);
  if (!ahead.success) return fail(world, 'the box answers what this version does not understand');
  const { lines, expectedRecords, expectedBytes, remarks, objections } = ahead.data;
  for (const objection of objections) fail(world, objection);
  if (objections.length > 0) return EXIT.failure;
  for (const { line, forS } of lines) world.stderr.write(`the line to ${line} will be cut for ${forS} s\n`);
  world.stderr.write(
    `about ${expectedRecords} records will wait, ${(expectedBytes / 1e6).toFixed(1)} MB; the box says meanwhile that these lines are down\n`,
  );
  for (const remark of remarks) world.stderr.write(`mind: ${remark}\n`);
  const site = box.config.site.id;
  if (!(await confirmed(`Cut them at ${site} now?`, given, world)))
    return fail(world, 'nothing was cut: --yes begins it', EXIT.failure);
  const begun = await box.ask('/api/v1/rehearsal', { ...times, confirm: site });
  return begun.ok ? undefined : fail(world, begun.problem, begun.code);
}

/** Until it has ended; a box that does not answer meanwhile is asked again. */
async function follow(box: Box, given: Given, world: CliWorld): Promise<number> {
  const { pause } = await import('../ops/world.ts');
  let told = 0;
  let silent = 0;
  for (;;) {
    const answer = await box.ask('/api/v1/rehearsal');
    if (!answer.ok && ++silent > 60) return fail(world, answer.problem, answer.code);
    const read = answer.ok ? z.safeParse(rehearsal, answer.json) : undefined;
    if (read?.success) {
      silent = 0;
      const { events, state } = read.data;
      for (const { time, text } of events.slice(told)) world.stderr.write(`${time.slice(11, 19)} ${text}\n`);
      told = events.length;
      if (state === 'ended') return show(box, given, world);
    }
    await pause(POLL_MS);
  }
}

async function show(box: Box, given: Given, world: CliWorld): Promise<number> {
  const answer = await box.ask('/api/v1/rehearsal');
  if (!answer.ok) return fail(world, answer.problem, answer.code);
  const read = z.safeParse(rehearsal, answer.json);
  if (!read.success) return fail(world, 'the box answers what this version does not understand');
  const { verdict, page } = read.data;
  world.stdout.write(given.flag('json') ? `${JSON.stringify(answer.json)}\n` : page);
  return verdict === 'proved' ? EXIT.ok : verdict === 'failed' ? EXIT.failure : EXIT.degraded;
}
