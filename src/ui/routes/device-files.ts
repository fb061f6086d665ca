/** Devices in and out as files, and the QR codes on them. Keys come in freely and go out only to an administrator who asks. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { EXPORT_FORMATS, type ExportFormat } from '../../model/onboarding.ts';
import { textOfFile } from '../../model/text.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, invalidQuery, jsonBody, query, takeBody } from '../http/input.ts';
import type { Operation } from '../http/openapi.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { about } from '../shapes/describe.ts';
import { raw, yesOrNo } from '../shapes/inputs.ts';
import type { Services } from './services.ts';

const FILES: Readonly<Record<ExportFormat, { readonly type: string; readonly ending: string }>> = {
  csv: { type: 'text/csv; charset=utf-8', ending: '.csv' },
  json: { type: 'application/json', ending: '.json' },
  chirpstack: { type: 'application/json', ending: '-chirpstack.json' },
  // One object after the other, which is not one JSON document.
  'the-things-stack': { type: 'text/plain; charset=utf-8', ending: '-the-things-stack.json' },
};

const importParams = z.object({
  dryRun: yesOrNo('true: only say what would be done'),
  codec: raw(64, 'Of new devices for which the file names none; raw otherwise'),
});

const exportParams = z.object({
  format: z._default(z.enum(EXPORT_FORMATS), 'csv'),
  keys: yesOrNo('true: with root and session keys; needs the role admin or a token of the scope admin'),
  sessions: yesOrNo(
    'true: with keys, running sessions, counters and nonces, for another box to go on with; needs the same',
  ),
});

const codeBody = z.strictObject({ code: about(z.string().check(z.maxLength(4096)), 'As scanned') });

const IMPORT: Operation = {
  name: 'importDevices',
  summary: 'Adds and changes devices from a file: CSV or JSON of our own, of ChirpStack, of The Things Stack',
  access: allow.admin('write'),
  takes: {
    description: 'The file; keys it leaves out stay as they are',
    types: ['text/csv', 'application/json'],
  },
  responses: {
    200: { description: 'What became of the devices', shape: 'DeviceImport' },
    413: { description: 'The file is too large' },
    503: { description: 'Another file is being imported' },
  },
};

const EXPORT: Operation = {
  name: 'exportDevices',
  summary: 'All devices as a file; with their keys only for an administrator',
  access: allow.viewer('read'),
  responses: {
    200: { description: 'The file', contentType: 'text/csv' },
    403: { description: 'Keys are for administrators' },
  },
};

const PARSE: Operation = {
  name: 'parseOnboardingCode',
  summary: 'Reads the QR code on a device (TR005): who it is; its key is not in the code',
  access: allow.admin('write'),
  responses: { 200: { description: 'What it says', shape: 'ScannedDevice' } },
};

export function deviceFileRoutes({ codecs, onboarding }: Services) {
  let isImporting = false;
  return new Hono<Env>()
    .post('/devices/import', operation(IMPORT), query(importParams), async (c) => {
      const { dryRun, codec } = c.req.valid('query');
      if (codec !== undefined && !codecs().includes(codec)) {
        throw invalidQuery([{ parameter: 'codec', detail: `must be one of ${codecs().join(', ')}` }]);
      }
      // Before the body: many that come at once are not gathered first.
      if (isImporting) throw busy();
      isImporting = true;
      try {
        const options = { dryRun: dryRun === 'true', ...(codec === undefined ? {} : { codec }) };
        // Nothing holds on to the bytes while the text is read.
        const text = textOfFile(await takeBody(c, onboarding.maxBytes));
        const outcome = await onboarding.importFile(text, options);
        return c.json({ dryRun: options.dryRun, ...outcome });
      } finally {
        isImporting = false;
      }
    })
    .get('/devices/export', operation(EXPORT), query(exportParams), (c) => {
      const { format, keys, sessions } = c.req.valid('query');
      const withSessions = sessions === 'true';
      const withKeys = keys === 'true' || withSessions;
      if (withKeys) c.var.authorize(allow.admin('admin'));
      const { type, ending } = FILES[format];
      return c.body(onboarding.exportFile({ format, withKeys, withSessions }), 200, {
        'content-type': type,
        'content-disposition': `attachment; filename="devices${ending}"`,
      });
    })
    .post('/onboarding/parse', operation(PARSE), jsonBody(codeBody), (c) => {
      const scanned = onboarding.readCode(c.req.valid('json').code);
      if (typeof scanned === 'string') throw invalidBody([{ pointer: '/code', detail: scanned }]);
      return c.json(scanned);
    });
}

/** One file at a time: each is held whole, from its first byte until it is read. */
function busy(): Problem {
  return new Problem({
    code: 'busy',
    title: 'Too much at once',
    status: 503,
    detail: 'Another file is being imported. Try again in a few seconds.',
    headers: { 'retry-after': '5', connection: 'close' },
  });
}
