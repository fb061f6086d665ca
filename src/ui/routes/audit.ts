/** The audit trail over the API: who did what, when and from where; whether it is whole; all of it as a file. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import type { AuditEntry } from '../../model/audit.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { numberOfCursor, query } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import type { AuditView } from '../shapes/audit.ts';
import { paging, raw } from '../shapes/inputs.ts';
import { iso } from '../shapes/views.ts';
import type { AuditLog, Services } from './services.ts';

/** Entries looked at for one page: what a filter leaves out is on the next. */
const LOOKED_AT = 2_000;
const PIECE = 500;

const listParams = z.object({
  ...paging,
  find: raw(100, 'Text in who, from, what, on or detail; capitals do not matter'),
});

const NOTHING: AuditLog = {
  list: () => [],
  lines: () => [],
  check: async () => ({ entries: 0, firstSeq: 1, lastSeq: 0, head: '' }),
};

export function auditRoutes({ audit = NOTHING }: Services) {
  return new Hono<Env>()
    .get(
      '/audit',
      operation({
        name: 'listAudit',
        summary: 'Who did what, when and from where, the newest first',
        access: allow.admin('admin'),
        responses: { 200: { description: 'Entries', pageOf: 'AuditEntry' } },
      }),
      query(listParams),
      (c) => {
        const { limit: most, cursor, find = '' } = c.req.valid('query');
        const before = numberOfCursor(cursor) ?? Number.MAX_SAFE_INTEGER;
        const looked = audit.list(before, find === '' ? most : LOOKED_AT);
        const found = looked.filter((entry) => textOf(entry).includes(find.toLowerCase()));
        const items = found.slice(0, most);
        const isWhole = found.length > most || looked.length === (find === '' ? most : LOOKED_AT);
        const lastSeq = (found.length > most ? items.at(-1) : looked.at(-1))?.seq;
        return c.json({
          items: items.map(view),
          ...(isWhole && lastSeq !== undefined && lastSeq > 1 ? { nextCursor: String(lastSeq) } : {}),
        });
      },
    )
    .get(
      '/audit/check',
      operation({
        name: 'checkAudit',
        summary: 'Looks through the whole chain, whether an entry is missing or was changed afterwards',
        access: allow.admin('admin'),
        responses: { 200: { description: 'What was found', shape: 'AuditCheck' } },
      }),
      async (c) => c.json(await audit.check()),
    )
    .get(
      '/audit/export',
      operation({
        name: 'exportAudit',
        summary: 'The whole trail as NDJSON, oldest first: `body` as it was hashed, and `hash`',
        access: allow.admin('admin'),
        audited: true,
        responses: { 200: { description: 'The file', contentType: 'application/x-ndjson' } },
      }),
      (c) =>
        c.body(streamOf(audit), 200, {
          'content-type': 'application/x-ndjson',
          'content-disposition': 'attachment; filename="audit.ndjson"',
        }),
    );
}

function textOf({ who, from, what, on = '', detail }: AuditEntry): string {
  return `${who} ${from} ${what} ${on} ${detail ? JSON.stringify(detail) : ''}`.toLowerCase();
}

function view({ timeMs, ...entry }: AuditEntry): AuditView {
  return { ...entry, time: iso(timeMs) };
}

/** A piece whenever the one before has been taken. */
function streamOf(audit: AuditLog): ReadableStream<Uint8Array> {
  let after = 0;
  return new ReadableStream({
    pull(controller) {
      const lines = audit.lines(after, PIECE);
      const last = lines.at(-1);
      if (!last) return controller.close();
      after = last.seq;
      const text = lines.map(({ body, hash }) => `${JSON.stringify({ body, hash })}\n`).join('');
      controller.enqueue(new TextEncoder().encode(text));
    },
  });
}
