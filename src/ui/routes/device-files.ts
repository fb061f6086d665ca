/** Devices in and out as files, and the QR codes on them. Keys come in freely and go out only to an administrator who asks. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import {
  type ColumnMapping,
  EXPORT_FORMATS,
  type ExportFormat,
  IMPORT_COLUMNS,
} from '../../model/onboarding.ts';
import { tell } from '../../model/said.ts';
import { textOfFile } from '../../model/text.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, invalidQuery, jsonBody, query, takeBody } from '../http/input.ts';
import { oneOfCodecs, placedError, toldError } from '../http/input-error.ts';
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
  columns: raw(6_000, 'What headings mean, as JSON: {"Sensor": "devEui", "Remark": ""}; "" leaves one out'),
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
  access: allow.technician('write'),
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

const UNDO: Operation = {
  name: 'undoImport',
  summary: 'Takes the last import back since the box was started, but for devices that were changed since',
  access: allow.technician('write'),
  responses: {
    200: { description: 'What became of the devices', shape: 'DeviceImportUndo' },
    409: { description: 'There is none to take back' },
  },
};

const EXPORT: Operation = {
  name: 'exportDevices',
  summary: 'All devices as a file; with their keys only for an administrator',
  access: allow.operator('read'),
  audited: true,
  responses: {
    200: { description: 'The file', contentType: 'text/csv' },
    403: { description: 'Keys are for administrators' },
  },
};

const PARSE: Operation = {
  name: 'parseOnboardingCode',
  summary: 'Reads the QR code on a device (TR005): who it is; its key is not in the code',
  access: allow.technician('write'),
  audited: false,
  responses: { 200: { description: 'What it says', shape: 'ScannedDevice' } },
};

export function deviceFileRoutes({ codecs, onboarding }: Services) {
  let isImporting = false;
  return new Hono<Env>()
    .post('/devices/import', operation(IMPORT), query(importParams), async (c) => {
      const { dryRun, codec, columns } = c.req.valid('query');
      const mapping = columns === undefined ? undefined : readMapping(columns);
      if (codec !== undefined && !codecs().includes(codec)) {
        throw invalidQuery([{ parameter: 'codec', ...oneOfCodecs(codecs()) }]);
      }
      // Before the body: many that come at once are not gathered first.
      if (isImporting) throw busy();
      isImporting = true;
      try {
        c.var.tell({ dryRun: dryRun === 'true' });
        const options = {
          dryRun: dryRun === 'true',
          ...(codec === undefined ? {} : { codec }),
          ...(mapping === undefined ? {} : { columns: mapping }),
        };
        // Nothing holds on to the bytes while the text is read.
        const text = textOfFile(await takeBody(c, onboarding.maxBytes));
        const outcome = await onboarding.importFile(text, options);
        const { columns: found, ...became } = outcome;
        return c.json({
          dryRun: options.dryRun,
          ...became,
          ...(found ? { columns: { ...found, headings: [...found.headings] } } : {}),
        });
      } finally {
        isImporting = false;
      }
    })
    .post('/devices/import/undo', operation(UNDO), (c) => {
      const outcome = onboarding.undoImport();
      if (!outcome) throw nothingToUndo();
      return c.json(outcome);
    })
    .get('/devices/export', operation(EXPORT), query(exportParams), (c) => {
      const { format, keys, sessions } = c.req.valid('query');
      const withSessions = sessions === 'true';
      const withKeys = keys === 'true' || withSessions;
      c.var.tell({ format, withKeys, withSessions });
      if (withKeys) c.var.authorize(allow.admin('admin'));
      const { type, ending } = FILES[format];
      return c.body(onboarding.exportFile({ format, withKeys, withSessions }), 200, {
        'content-type': type,
        'content-disposition': `attachment; filename="devices${ending}"`,
      });
    })
    .post('/onboarding/parse', operation(PARSE), jsonBody(codeBody), (c) => {
      const scanned = onboarding.readCode(c.req.valid('json').code);
      if ('said' in scanned) throw invalidBody([placedError({ pointer: '/code', ...scanned })]);
      return c.json(scanned);
    });
}

const mappingShape = z.record(
  z.string().check(z.maxLength(200)),
  z.union([z.enum(IMPORT_COLUMNS), z.literal('')]),
);

function readMapping(text: string): ColumnMapping {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalidQuery([{ parameter: 'columns', ...toldError(tell('given.notJson')) }]);
  }
  const read = mappingShape.safeParse(json);
  if (read.success) return read.data;
  const told = tell('given.headings', { columns: IMPORT_COLUMNS.join(', ') });
  throw invalidQuery([{ parameter: 'columns', ...toldError(told) }]);
}

function nothingToUndo(): Problem {
  return new Problem({
    code: 'nothing-to-undo',
    title: 'Nothing to take back',
    status: 409,
    detail: 'No import was made since the box was started, or it was taken back already.',
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
