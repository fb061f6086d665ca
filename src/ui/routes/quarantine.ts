/** Quarantine over the API: look at the records a sink refused, drop them, mend a field, write them again. */
import type {
  QuarantineOutcome,
  QuarantineReason,
  QuarantineRemedy,
  QuarantineSelection,
} from '../../model/quarantine.ts';
import { AS_WRITTEN } from '../../model/time.ts';
import type { QuarantinedRecord } from '../../store/contract.ts';
import { allow, type Caller } from '../access/access-rule.ts';
import { defineRoute, invalidQuery, type Route } from '../http/operation.ts';
import { type Answer, json, problem } from '../http/problem.ts';
import { type QuarantineAction, quarantineActionSchema, quarantineParams } from '../shapes/inputs.ts';
import { decodeCursor, encodeCursor } from '../shapes/position.ts';
import type { QuarantinedView } from '../shapes/schemas.ts';
import { iso, type TimeOf } from '../shapes/views.ts';

/** What these routes need of the quarantine. */
export interface QuarantineService {
  readonly sinks: readonly string[];
  /** Ascending by seq, seq > `afterSeq`. */
  list(sink: string, afterSeq: number, limit: number, selection?: QuarantineSelection): QuarantinedRecord[];
  act(
    sink: string,
    selection: QuarantineSelection,
    remedy: QuarantineRemedy,
    reason: QuarantineReason,
  ): Promise<QuarantineOutcome>;
}

export function quarantineRoutes(quarantine: QuarantineService, timeOf: TimeOf = AS_WRITTEN.timeOf): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/quarantine',
      name: 'listQuarantine',
      summary: 'Records a sink refused for good, oldest first',
      access: allow.viewer('read'),
      params: quarantineParams,
      responses: { 200: { description: 'A page of records', pageOf: 'Quarantined' } },
      handle({ params: { sink, cursor, limit, ...selection } }) {
        const after = cursor === undefined ? '0' : (decodeCursor(cursor) ?? '');
        if (!/^\d{1,15}$/.test(after)) {
          const detail = 'is not one this API gave out; start again without it';
          return invalidQuery([{ parameter: 'cursor', detail }]);
        }
        if (!quarantine.sinks.includes(sink)) return unknownSink(quarantine);
        const found = quarantine.list(sink, Number(after), limit + 1, selectionOf(selection));
        const page = found.slice(0, limit);
        const last = page.at(-1);
        const items = page.map((record) => view(record, timeOf));
        const more = found.length > limit && last;
        return json(more ? { items, nextCursor: encodeCursor(String(last.seq)) } : { items });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/quarantine/{sink}/{seq}',
      name: 'getQuarantined',
      summary: 'One record a sink refused, with reason and payload',
      access: allow.viewer('read'),
      responses: {
        200: { description: 'The record', shape: 'Quarantined' },
        404: { description: 'Not in quarantine' },
      },
      handle({ path: { sink = '', seq = '' } }) {
        if (!quarantine.sinks.includes(sink)) return unknownSink(quarantine);
        const wanted = /^\d{1,15}$/.test(seq) ? Number(seq) : 0;
        const [record] = quarantine.list(sink, wanted - 1, 1);
        return record && record.seq === wanted ? json(view(record, timeOf)) : notInQuarantine();
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/quarantine/actions',
      name: 'actOnQuarantine',
      summary: 'Drops records, makes a field another type, or writes them again',
      access: allow.admin('write'),
      body: quarantineActionSchema,
      responses: {
        200: { description: 'What became of them', shape: 'QuarantineOutcome' },
        503: { description: 'The sink cannot be reached; nothing was written' },
      },
      handle: ({ body, caller }) => act(quarantine, body, caller),
    }),
  ];
}

async function act(quarantine: QuarantineService, input: QuarantineAction, caller: Caller): Promise<Answer> {
  const { sink, note } = input;
  if (!quarantine.sinks.includes(sink)) return unknownSink(quarantine);
  const reason = { by: nameOf(caller), ...(note === undefined ? {} : { note }) };
  const outcome = await quarantine.act(sink, selectionOf(input), remedyOf(input), reason);
  if (outcome.stopped === undefined || outcome.delivered + outcome.refused > 0) return json(outcome);
  return problem({
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

function unknownSink({ sinks }: QuarantineService): Answer {
  return problem({
    code: 'sink-unknown',
    title: 'No such sink',
    status: 404,
    detail: `Sinks with a quarantine: ${sinks.join(', ')}.`,
  });
}

function notInQuarantine(): Answer {
  return problem({
    code: 'not-quarantined',
    title: 'Not in quarantine',
    status: 404,
    detail: 'No record of this number is in quarantine. It may have been written or dropped since.',
  });
}
