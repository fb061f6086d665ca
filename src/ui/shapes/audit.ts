/** Entries of the audit trail, and what a look through its chain found. */
import * as z from 'zod/mini';
import { named, time } from './component.ts';
import { about, maybe } from './describe.ts';

export const auditSchema = named(
  'AuditEntry',
  z.object({
    seq: z.int(),
    time,
    who: about(z.string(), '`user NAME`, `token ID`, `anybody`, `centre`, `root`, `box`'),
    from: about(z.string(), 'Address; empty for none'),
    what: about(z.string(), 'Name of the operation'),
    on: maybe(z.string(), 'What it was done to'),
    refused: maybe(z.boolean(), 'Not permitted, or not with this password'),
    detail: z.optional(
      z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.readonly(z.array(z.string()))])),
    ),
    hash: about(z.string(), 'SHA-256 over the hash before, a line end, and the entry'),
  }),
);

export const auditCheckSchema = named(
  'AuditCheck',
  z.object({
    entries: z.int(),
    firstSeq: z.int(),
    lastSeq: z.int(),
    head: about(z.string(), 'Hash of the last entry'),
    brokenAt: maybe(z.int(), 'The first entry that is missing or was changed afterwards'),
  }),
);

export type AuditView = z.infer<typeof auditSchema>;
export type AuditCheckView = z.infer<typeof auditCheckSchema>;
