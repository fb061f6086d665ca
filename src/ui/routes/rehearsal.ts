/** Outage rehearsals: looked at first, begun by the name of the site, ended early, and what came of the last one. */
import { Hono } from 'hono';
import { LINES, type LineName } from '../../model/line.ts';
import type { ProblemCode } from '../../model/problem-codes.ts';
import { type Rehearsal, type RehearsalPreview, verdictOf } from '../../model/rehearsal.ts';
import { allow, type Caller } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { notFound, Problem } from '../http/problem.ts';
import { type RehearsalPreviewView, type RehearsalView, rehearsalBody } from '../shapes/rehearsal.ts';
import { iso } from '../shapes/views.ts';
import type { RehearsalCare } from './care-services.ts';
import type { Services } from './services.ts';

export function rehearsalRoutes({ rehearsals }: Pick<Services, 'rehearsals'>) {
  return new Hono<Env>()
    .get(
      '/rehearsal',
      operation({
        name: 'getRehearsal',
        summary: 'The outage rehearsal that is under way, or the last one',
        access: allow.admin('admin'),
        responses: {
          200: { description: 'What was seen and proved', shape: 'Rehearsal' },
          404: { description: 'There was none' },
        },
      }),
      async (c) => c.json(await viewOf(rehearsals)),
    )
    .post(
      '/rehearsal/preview',
      operation({
        name: 'previewRehearsal',
        summary: 'What an outage rehearsal would do, and whether it can begin; nothing is cut',
        access: allow.admin('admin'),
        audited: false,
        responses: { 200: { description: 'What it would do', shape: 'RehearsalPreview' } },
      }),
      jsonBody(rehearsalBody),
      async (c) => c.json(previewView(await rehearsals.preview(planOf(c.req.valid('json'))))),
    )
    .post(
      '/rehearsal',
      operation({
        name: 'beginRehearsal',
        summary: 'Cuts the lines for the times given. They are mended by themselves, by a new start too',
        access: allow.admin('admin'),
        responses: {
          202: { description: 'It has begun', shape: 'Rehearsal' },
          409: { description: 'Why not; nothing was cut' },
        },
      }),
      jsonBody(rehearsalBody),
      async (c) => {
        const body = c.req.valid('json');
        const { confirm = '' } = body;
        if (confirm !== rehearsals.site) throw notConfirmed(rehearsals.site);
        const plan = planOf(body);
        const { objections } = await rehearsals.begin(plan, nameOf(c.var.caller));
        if (objections.length > 0) throw conflict('not-rehearsed', `${objections.join('. ')}.`);
        c.var.tell(Object.fromEntries(Object.entries(plan).map(([line, ms]) => [`${line}S`, ms / 1_000])));
        return c.json(await viewOf(rehearsals), 202);
      },
    )
    .post(
      '/rehearsal/end',
      operation({
        name: 'endRehearsal',
        summary: 'Mends all lines now; the proof follows',
        access: allow.admin('admin'),
        responses: {
          200: { description: 'The lines are whole', shape: 'Rehearsal' },
          409: { description: 'No line is cut' },
        },
      }),
      async (c) => {
        if (!(await rehearsals.end(nameOf(c.var.caller))))
          throw conflict('rehearsal-idle', 'No line is cut.');
        return c.json(await viewOf(rehearsals));
      },
    );
}

function planOf({
  centreS,
  influxS,
  brokerS,
}: {
  centreS?: number | undefined;
  influxS?: number | undefined;
  brokerS?: number | undefined;
}): Readonly<Partial<Record<LineName, number>>> {
  const seconds = { centre: centreS, influx: influxS, broker: brokerS };
  return Object.fromEntries(
    LINES.flatMap((line) => (seconds[line] === undefined ? [] : [[line, seconds[line] * 1_000] as const])),
  );
}

async function viewOf(rehearsals: RehearsalCare): Promise<RehearsalView> {
  const last = await rehearsals.last();
  if (!last) throw notFound();
  return rehearsalView(last);
}

function rehearsalView({ rehearsal, page }: { rehearsal: Rehearsal; page: string }): RehearsalView {
  const { id, by, startedMs, state, lines, endedMs, cutShort, samples, events, checks } = rehearsal;
  return {
    ...{ id, by, state, page },
    started: iso(startedMs),
    lines: lines.map(({ line, fromMs, untilMs, mendedMs }) => ({
      line,
      from: iso(fromMs),
      until: iso(untilMs),
      ...(mendedMs === undefined ? {} : { mended: iso(mendedMs) }),
    })),
    ...(endedMs === undefined ? {} : { ended: iso(endedMs) }),
    ...(cutShort === undefined ? {} : { cutShort }),
    samples: samples.map(({ timeMs, waiting, ...sample }) => ({
      time: iso(timeMs),
      ...sample,
      waiting: { ...waiting },
    })),
    events: events.map(({ timeMs, text }) => ({ time: iso(timeMs), text })),
    ...(state === 'ended' ? { verdict: verdictOf(rehearsal) } : {}),
    checks: checks.map((check) => ({ ...check })),
  };
}

function previewView({ plan, remarks, objections, ...rest }: RehearsalPreview): RehearsalPreviewView {
  const lines = LINES.flatMap((line) => {
    const ms = plan[line];
    return ms === undefined ? [] : [{ line, forS: ms / 1_000 }];
  });
  return { lines, ...rest, remarks: [...remarks], objections: [...objections] };
}

function nameOf(caller: Caller): string {
  if (caller.kind === 'user') return `user ${caller.name}`;
  return caller.kind === 'token' ? `token ${caller.id}` : caller.kind;
}

function notConfirmed(site: string): Problem {
  return conflict('not-confirmed', `To cut lines on purpose say "confirm": "${site}", the id of this site.`);
}

function conflict(code: ProblemCode, detail: string): Problem {
  return new Problem({ code, title: 'Not done', status: 409, detail });
}
