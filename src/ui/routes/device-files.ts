/** Devices in and out as files, and the QR codes on them. Keys come in freely and go out only to an administrator who asks. */
import * as z from 'zod';
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  type ImportOptions,
  type ImportOutcome,
  type ScannedDevice,
} from '../../model/onboarding.ts';
import type { AccessControl } from '../access/access-control.ts';
import { allow } from '../access/access-rule.ts';
import { createAuthorizer } from '../access/authorize.ts';
import { busy, defineRoute, invalidBody, invalidQuery, type Route } from '../http/operation.ts';
import { type Answer, json, problem, type Query } from '../http/problem.ts';
import type { DeviceImportView } from '../shapes/schemas.ts';

/** What these routes need of the devices' way in and out. */
export interface DeviceImportService {
  /** Bytes a file may have. */
  readonly maxBytes: number;
  importFile(text: string, options: ImportOptions): ImportOutcome;
  exportFile(options: ExportOptions): string;
  readCode(scanned: string): ScannedDevice | string;
}

const yesOrNo = z.enum(['true', 'false']).default('false');

const FILES: Readonly<Record<ExportFormat, { readonly type: string; readonly ending: string }>> = {
  csv: { type: 'text/csv; charset=utf-8', ending: '.csv' },
  json: { type: 'application/json', ending: '.json' },
  chirpstack: { type: 'application/json', ending: '-chirpstack.json' },
  // One object after the other, which is not one JSON document.
  'the-things-stack': { type: 'text/plain; charset=utf-8', ending: '-the-things-stack.json' },
};

interface Deps {
  readonly access: AccessControl;
  readonly codecs: () => readonly string[];
}

export function onboardingRoutes(deps: Deps, onboarding: DeviceImportService): Route[] {
  const authorizer = createAuthorizer(deps.access);
  return [
    defineRoute({
      method: 'POST',
      path: '/api/v1/devices/import',
      name: 'importDevices',
      summary:
        'Adds and changes devices from a file: CSV or JSON of our own, of ChirpStack, of The Things Stack',
      access: allow.admin('write'),
      params: z.object({
        dryRun: yesOrNo.describe('true: only say what would be done'),
        codec: z
          .string()
          .max(64)
          .optional()
          .describe('Of new devices for which the file names none; raw otherwise'),
      }),
      takes: {
        description: 'The file; keys it leaves out stay as they are',
        types: ['text/csv', 'application/json'],
      },
      responses: {
        200: { description: 'What became of the devices', shape: 'DeviceImport' },
        413: { description: 'The file is too large' },
      },
      handle: ({ query, params }) => importFile(deps, onboarding, query, params),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/devices/export',
      name: 'exportDevices',
      summary: 'All devices as a file; with their keys only for an administrator',
      access: allow.viewer('read'),
      params: z.object({
        format: z.enum(EXPORT_FORMATS).default('csv'),
        keys: yesOrNo.describe(
          'true: with root and session keys; needs the role admin or a token of the scope admin',
        ),
      }),
      responses: {
        200: { description: 'The file', contentType: 'text/csv' },
        403: { description: 'Keys are for administrators' },
      },
      handle({ params: { format, keys }, caller }) {
        const withKeys = keys === 'true';
        const refused = withKeys ? authorizer.refusal(allow.admin('admin'), caller) : undefined;
        return refused ?? file(format, onboarding.exportFile({ format, withKeys }));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/onboarding/parse',
      name: 'parseOnboardingCode',
      summary: 'Reads the QR code on a device (TR005): who it is; its key is not in the code',
      access: allow.admin('write'),
      body: z.strictObject({ code: z.string().max(4096).describe('As scanned') }),
      responses: { 200: { description: 'What it says', shape: 'ScannedDevice' } },
      handle({ body }) {
        const scanned = onboarding.readCode(body.code);
        if (typeof scanned === 'string') return invalidBody([{ pointer: '/code', detail: scanned }]);
        return json(scanned);
      },
    }),
  ];
}

async function importFile(
  { codecs }: Deps,
  { importFile: take, maxBytes }: DeviceImportService,
  query: Query,
  { dryRun, codec }: { dryRun: string; codec?: string | undefined },
): Promise<Answer> {
  if (codec !== undefined && !codecs().includes(codec)) {
    return invalidQuery([{ parameter: 'codec', detail: `must be one of ${codecs().join(', ')}` }]);
  }
  const bytes = await query.body(maxBytes);
  if (bytes === 'busy') return busy();
  if (bytes === 'tooLarge') {
    return problem({
      code: 'body-too-large',
      title: 'The file is too large',
      status: 413,
      detail: `A file may have ${Math.floor(maxBytes / 1024 / 1024)} MB; take it in parts.`,
      headers: { connection: 'close' },
    });
  }
  const options = { dryRun: dryRun === 'true', ...(codec === undefined ? {} : { codec }) };
  const outcome = take(bytes.toString('utf8'), options);
  return json({ dryRun: options.dryRun, ...outcome } satisfies Readonly<
    Record<keyof DeviceImportView, unknown>
  >);
}

function file(format: ExportFormat, text: string): Answer {
  const { type, ending } = FILES[format];
  return {
    status: 200,
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="devices${ending}"`,
      'cache-control': 'no-store',
    },
    body: text,
  };
}
