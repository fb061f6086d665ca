/** Quarantine over the API: look at the records a sink refused, drop them, mend a field, write them again. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { QuarantineOutcome, QuarantineRemedy, QuarantineSelection } from '../../model/quarantine.ts';
import { AS_WRITTEN } from '../../model/time.ts';
import type { QuarantinedRecord } from '../../store/contract.ts';
import { allow, type Caller } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { jsonBody, notOurCursor, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { about, maybe } from '../shapes/describe.ts';
import { devEui, paging, raw } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import type { QuarantinedView } from '../shapes/records.ts';
import { iso, type TimeOf } from '../shapes/views.ts';
import type { QuarantineService, Services } from './services.ts';

const sink = z._default(z.string().check(z.maxLength(32)), 'influx');
const device = z.optional(devEui);

/** Which quarantined records to list. */
const listParams = z.object({ ...paging, sink, reason: raw(500, 'Part of the reason'), device });

/** What to do with which quarantined records. */
const actionBody = z
  .strictObject({
    sink,
    action: z.enum(['drop', 'retype', 'retry']),
    field: raw(1000, 'For retype: which field'),
    to: maybe(
      z.enum(['number', 'string', 'boolean', 'remove']),
      'For retype: what it shall be; remove takes it out',
    ),
    seqs: z.optional(z.array(z.int().check(z.gte(1))).check(z.minLength(1), z.maxLength(1000))),
    reason: maybe(z.string().check(z.minLength(1), z.maxLength(500)), 'All whose reason contains this'),
    device: about(device, 'All of this DevEUI'),
    all: maybe(z.literal(true), 'All of the sink'),
    note: raw(500, 'Why, for the record of it in the log'),
  })
  .check((context) => {
    const { action, field, to, seqs, reason, device, all } = context.value;
    const wrong = (path: string, message: string) =>
      context.issues.push({ code: 'custom', input: context.value, path: [path], message });
    if (action === 'retype' && field === undefined) wrong('field', 'is needed to retype');
    if (action === 'retype' && to === undefined) wrong('to', 'is needed to retype');
    if (action !== 'retype' && (field ?? to) !== undefined) wrong('action', 'only retype takes a field');
    const chosen = [seqs, reason, device].some((part) => part !== undefined);
    if (chosen === (all === true)) {
      wrong('seqs', 'say which records: seqs, reason or device, or all alone for all of them');
    }
  });

type QuarantineAction = z.output<typeof actionBody>;

export function quarantineRoutes({ quarantine, timeOf = AS_WRITTEN.timeOf }: Services) {
  return new Hono<Env>()
    .get(
      '/quarantine',
      operation({
        name: 'listQuarantine',
        summary: 'Records a sink refused for good, oldest first',
        access: allow.viewer('read'),
        responses: { 200: { description: 'A page of records', pageOf: 'Quarantined' } },
      }),
      query(listParams),
      async (c) => {
        const params = c.req.valid('query');
        const build = (bytes: number) => list(quarantine, params, timeOf, bytes);
        return c.json(await c.var.outbox.page(c.env.peer, build));
      },
    )
    .get(
      '/quarantine/:sink/:seq',
      operation({
        name: 'getQuarantined',
        summary: 'One record a sink refused, with reason and payload',
        access: allow.viewer('read'),
        responses: {
          200: { description: 'The record', shape: 'Quarantined' },
          404: { description: 'Not in quarantine' },
        },
      }),
      (c) => {
        const { sink, seq } = c.req.param();
        if (!quarantine.sinks.includes(sink)) throw unknownSink(quarantine);
        const wanted = /^\d{1,15}$/.test(seq) ? Number(seq) : 0;
        const [record] = quarantine.list(sink, wanted - 1, 1);
        if (record?.seq !== wanted) throw notInQuarantine();
        return c.json(view(record, timeOf));
      },
    )
    .post(
      '/quarantine/actions',
      operation({
        name: 'actOnQuarantine',
        summary: 'Drops records, makes a field another type, or writes them again',
        access: allow.technician('write'),
        responses: {
          200: { description: 'What became of them', shape: 'QuarantineOutcome' },
          503: { description: 'The sink cannot be reached; nothing was written' },
        },
      }),
      jsonBody(actionBody),
      async (c) => c.json(await act(quarantine, c.req.valid('json'), c.var.caller)),
    );
}

interface QuarantinePage {
  readonly items: readonly QuarantinedView[];
  readonly nextCursor?: string;
}

function list(
  quarantine: QuarantineService,
  { sink, cursor, limit, ...selection }: z.output<typeof listParams>,
  timeOf: TimeOf,
  maxBytes: number,
): QuarantinePage {
  const after = cursor === undefined ? '0' : (decodeCursor(cursor) ?? '');
  if (!/^\d{1,15}$/.test(after)) throw notOurCursor();
  if (!quarantine.sinks.includes(sink)) throw unknownSink(quarantine);
  const found = quarantine.list(sink, Number(after), limit + 1, selectionOf(selection));
  const items: QuarantinedView[] = [];
  let bytes = 0;
  for (const record of found.slice(0, limit)) {
    items.push(view(record, timeOf));
    bytes += record.body.length + record.reason.length;
    if (bytes >= maxBytes) break;
  }
  const last = items.at(-1);
  return last && items.length < found.length
    ? { items, nextCursor: encodeCursor(String(last.seq)) }
    : { items };
}

async function act(
  quarantine: QuarantineService,
  input: QuarantineAction,
  caller: Caller,
): Promise<QuarantineOutcome> {
  const { sink, note } = input;
  if (!quarantine.sinks.includes(sink)) throw unknownSink(quarantine);
  const reason = { by: nameOf(caller), ...(note === undefined ? {} : { note }) };
  const outcome = await quarantine.act(sink, selectionOf(input), remedyOf(input), reason);
  if (outcome.stopped === undefined || outcome.delivered + outcome.refused > 0) return outcome;
  throw new Problem({
    code: 'sink-unavailable',
    title: 'The sink cannot take records now',
    status: 503,
    detail: `${outcome.stopped}. The records stay in quarantine, mended as far as they were; retry later.`,
  });
}

function nameOf(caller: Caller): string {
  if (caller.kind === 'user') return `user ${caller.name}`;
  return caller.kind === 'token' ? `token ${caller.id}` : 'api';
}

function selectionOf({
  seqs,
  reason,
  device,
}: Partial<Pick<QuarantineAction, 'seqs' | 'reason' | 'device'>>): QuarantineSelection {
  return {
    ...(seqs === undefined ? {} : { seqs }),
    ...(reason === undefined ? {} : { reason }),
    ...(device === undefined ? {} : { device }),
  };
}

function remedyOf({ action, field, to }: QuarantineAction): QuarantineRemedy {
  // The schema has seen to it that a retype says both.
  if (action === 'retype') return { action, field: field ?? '', to: to ?? 'remove' };
  return { action };
}

function view(record: QuarantinedRecord, timeOf: TimeOf): QuarantinedView {
  const { sink, seq, kind, device, reason, quarantinedMs, body } = record;
  const shown = {
    sink,
    seq,
    time: iso(timeOf(record).timeMs),
    kind,
    device,
    reason,
    quarantined: iso(quarantinedMs),
  };
  return { ...shown, body: parsed(body) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

function unknownSink({ sinks }: QuarantineService): Problem {
  return new Problem({
    code: 'sink-unknown',
    title: 'No such sink',
    status: 404,
    detail: `Sinks with a quarantine: ${sinks.join(', ')}.`,
  });
}

function notInQuarantine(): Problem {
  return new Problem({
    code: 'not-quarantined',
    title: 'Not in quarantine',
    status: 404,
    detail: 'No record of this number is in quarantine. It may have been written or dropped since.',
  });
}
