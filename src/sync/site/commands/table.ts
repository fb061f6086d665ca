/**
 * What a command may do: this table, and nothing else. Each kind says what its body holds, what it asks of the box, and whether
 * asking twice does the same as asking once. Whatever the pages' API refuses an administrator it refuses here.
 */
import * as z from 'zod/mini';
import type { CommandKind } from '../../../model/command.ts';
import type { Command } from './command.ts';
import type { CommandResult } from './command-result.ts';
import { type LogSums, MAX_SUMMED } from './log-sums.ts';
import { MAX_RESENT, type ResendRange } from './resend.ts';
import type { SettingChanges } from './settings-put.ts';

/** The box as commands see it; handed in by whoever puts the box together. */
export interface CommandPorts {
  /** Asks the box's own API, in the name of the centre. Never rejects for a refusal. */
  readonly ask: (
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ) => Promise<ApiAnswer>;
  /** What `webscada-edge doctor` finds. */
  readonly doctor: () => Promise<readonly DoctorFinding[]>;
  /** Counts and checksums of a range of the log by hour. */
  readonly sums: (fromSeq: number, toSeq: number) => Promise<LogSums>;
  /** Sends records once more. Rejects when the line ends meanwhile. */
  readonly resend: (range: ResendRange) => Promise<CommandResult>;
  /** Changes settings and tries them, under the id of the command. Does not resolve where that ends this life of the box. */
  readonly putSettings: (id: string, changes: SettingChanges) => Promise<CommandResult>;
  /** Takes another version of the program, under the id of the command. Does not resolve where that ends this life of the box. */
  readonly takeVersion: (id: string, version: string) => Promise<CommandResult>;
  /** Makes a backup now; resolves when it is made, or cannot be. */
  readonly backup: () => Promise<BackupOutcome>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly json: unknown;
}

export interface DoctorFinding {
  readonly what: string;
  readonly level: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly hint?: string;
}

export interface BackupOutcome {
  readonly ok: boolean;
  readonly detail: string;
}

export interface CommandSpec {
  readonly summary: string;
  /** Done twice it is as if done once: after a crash in the middle it is done again, the others are not. */
  readonly repeats: boolean;
  /** How long it may take where that is longer than usual, milliseconds. */
  readonly longestMs?: number;
  /** The body is checked before anything is done. */
  readonly run: (ports: CommandPorts, command: Asked) => Promise<CommandResult>;
}

/** `expiresMs` is the command's own end. */
type Asked = Pick<Command, 'id' | 'body' | 'expiresMs'>;

/** Commands of `schema`; the API checks what the schema leaves open. */
function spec<S extends z.ZodMiniType>(
  summary: string,
  repeats: boolean,
  schema: S,
  run: (ports: CommandPorts, body: z.output<S>, command: Asked) => Promise<CommandResult>,
): CommandSpec {
  return {
    summary,
    repeats,
    async run(ports, command) {
      const parsed = schema.safeParse(command.body);
      if (parsed.success) return run(ports, parsed.data, command);
      const [issue] = parsed.error.issues;
      const place = issue?.path.length ? `${issue.path.join('.')}: ` : '';
      return {
        ok: false,
        code: 'body',
        reason: `${place}${issue?.message ?? 'not what this command takes'}`,
      };
    },
  };
}

const nothing = z.strictObject({});
const range = z.strictObject({ fromSeq: z.int().check(z.gte(1)), toSeq: z.int() }).check(
  z.refine(({ fromSeq, toSeq }) => toSeq >= fromSeq && toSeq - fromSeq < MAX_SUMMED, {
    path: ['toSeq'],
    message: `must not lie before fromSeq, nor ${MAX_SUMMED} records behind it`,
  }),
);
const resent = z
  .strictObject({ epoch: z.int().check(z.gte(1)), fromSeq: z.int().check(z.gte(1)), toSeq: z.int() })
  .check(
    z.refine(({ fromSeq, toSeq }) => toSeq >= fromSeq && toSeq - fromSeq < MAX_RESENT, {
      path: ['toSeq'],
      message: `must not lie before fromSeq, nor ${MAX_RESENT} records behind it`,
    }),
  );
const device = z
  .string()
  .check(z.toLowerCase(), z.regex(/^[0-9a-f]{16}$/, 'must be a DevEUI, 16 hex digits'));
const name = z.string().check(z.minLength(1), z.maxLength(100));

const downlink = z.strictObject({
  device,
  fPort: z.optional(z.int()),
  data: z.optional(z.string().check(z.maxLength(1_000))),
  object: z.optional(z.json()),
  confirmed: z.optional(z.boolean()),
  retries: z.optional(z.int()),
});

/** By path; null gives a setting back to what lies beneath. */
const settingChanges = z
  .record(
    z.string().check(z.maxLength(64)),
    z.union([
      z.string().check(z.maxLength(8_192)),
      z.number(),
      z.boolean(),
      z.array(z.string().check(z.maxLength(8_192))).check(z.maxLength(1_000)),
      z.null(),
    ]),
  )
  .check(
    z.refine((changes) => Object.keys(changes).length >= 1 && Object.keys(changes).length <= 50, {
      message: 'must hold 1 to 50 settings',
    }),
  );

export const COMMANDS: Readonly<Record<CommandKind, CommandSpec>> = {
  doctor: spec(
    'looks at the box and what it needs, and says what it finds',
    true,
    nothing,
    async (ports) => ({
      ok: true,
      result: { findings: await ports.doctor() },
    }),
  ),
  'log-sums': spec(
    'counts and checksums of a range of the log by hour',
    true,
    range,
    async (ports, { fromSeq, toSeq }) => ({ ok: true, result: await ports.sums(fromSeq, toSeq) }),
  ),
  resend: spec('sends a range of the log once more', true, resent, (ports, range) => ports.resend(range)),
  backup: spec('makes a backup now', true, nothing, async (ports) => {
    const { ok, detail } = await ports.backup();
    return ok ? { ok, result: { detail } } : { ok, code: 'backup', reason: detail };
  }),
  downlink: spec(
    'queues a downlink: data as hex, or an object the codec of the device encodes',
    false,
    downlink,
    sendDownlink,
  ),
  'device-put': spec(
    'adds or changes a device',
    true,
    z.looseObject({ device }),
    ({ ask }, { device: eui, ...rest }) => told(ask('PUT', `/api/v1/devices/${eui}`, rest)),
  ),
  'device-remove': spec(
    'forgets a device',
    true,
    z.strictObject({ device }),
    async ({ ask }, { device: eui }) => {
      const answer = await ask('DELETE', `/api/v1/devices/${eui}`);
      return answer.status === 404 ? { ok: true, result: { detail: 'it was not there' } } : outcome(answer);
    },
  ),
  'profile-put': spec(
    'adds or changes a device profile',
    true,
    z.looseObject({ name }),
    ({ ask }, { name: profile, ...rest }) =>
      told(ask('PUT', `/api/v1/profiles/${encodeURIComponent(profile)}`, rest)),
  ),
  'codec-put': spec(
    'adds or replaces a script',
    true,
    z.strictObject({ name, source: z.string() }),
    ({ ask }, { name: codec, source }) =>
      told(ask('PUT', `/api/v1/codecs/${encodeURIComponent(codec)}`, { source })),
  ),
  'settings-put': spec(
    'changes settings the site lets its centre change, and keeps them once the centre is reached with them',
    true,
    z.strictObject({ changes: settingChanges }),
    (ports, { changes }, { id }) => ports.putSettings(id, changes),
  ),
  'take-version': {
    ...spec(
      'takes a signed version of the program that was brought, or lies where updates.url says',
      true,
      z.strictObject({
        version: z.string().check(z.regex(/^\d[\w.+-]{0,63}$/, 'must be a version, such as 0.2.0')),
      }),
      (ports, { version }, { id }) => ports.takeVersion(id, version),
    ),
    longestMs: 4 * 3_600_000,
  },
  'alarm-ack': spec(
    'acknowledges alarms; the site says which still are to be',
    true,
    z.strictObject({
      alarms: z.array(z.string().check(z.maxLength(100))).check(z.minLength(1), z.maxLength(5_000)),
      comment: z.optional(z.string().check(z.minLength(1), z.maxLength(500))),
    }),
    acknowledge,
  ),
};

/** What is normal by now, or was acknowledged at the site, stays as it is there. */
async function acknowledge({ ask }: CommandPorts, body: unknown): Promise<CommandResult> {
  const answer = await ask('POST', '/api/v1/alarms/acknowledge', body);
  if (answer.status === 409) return { ok: true, result: { acknowledged: 0 } };
  return answer.status < 300 ? { ok: true, result: answer.json } : refusal(answer);
}

async function sendDownlink(
  ports: CommandPorts,
  { device: eui, object, ...given }: z.output<typeof downlink>,
  { expiresMs }: Asked,
): Promise<CommandResult> {
  if ((object === undefined) === (given.data === undefined))
    return { ok: false, code: 'body', reason: 'say data or object, not both' };
  const encoded = object === undefined ? given : await encode(ports, eui, object, given.fPort);
  if ('ok' in encoded) return encoded;
  const expires = expiresMs === undefined ? {} : { expires: new Date(expiresMs).toISOString() };
  const answer = await ports.ask('POST', `/api/v1/devices/${eui}/downlinks`, {
    ...given,
    ...encoded,
    ...expires,
  });
  const { id } = objectOf(answer.json);
  // What becomes of it is told by the records of kind `downlink` under this id.
  return answer.status === 201 ? { ok: true, result: { downlink: id } } : outcome(answer);
}

interface Payload {
  readonly fPort?: number | undefined;
  readonly data?: string | undefined;
}

/** By the codec that decodes the device, with the constants of its profile. */
async function encode(
  { ask }: CommandPorts,
  eui: string,
  object: unknown,
  fPort: number | undefined,
): Promise<Payload | Extract<CommandResult, { ok: false }>> {
  const known = await ask('GET', `/api/v1/devices/${eui}`);
  if (known.status !== 200) return refusal(known);
  const { decoder, profile } = objectOf(known.json);
  const { variables } =
    typeof profile === 'string'
      ? objectOf((await ask('GET', `/api/v1/profiles/${encodeURIComponent(profile)}`)).json)
      : {};
  const given = {
    ...(fPort === undefined ? {} : { fPort }),
    ...(variables === undefined ? {} : { variables }),
  };
  const trial = await ask('POST', '/api/v1/codecs/test', { name: decoder, object, ...given });
  if (trial.status !== 200) return refusal(trial);
  const { hex, fPort: chosen, problem } = objectOf(trial.json);
  if (typeof hex !== 'string')
    return { ok: false, code: 'codec', reason: String(problem ?? 'it encodes nothing') };
  return { data: hex, fPort: typeof chosen === 'number' ? chosen : (fPort ?? 1) };
}

async function told(asked: Promise<ApiAnswer>): Promise<CommandResult> {
  return outcome(await asked);
}

/** No more than that it was done: what was sent may hold keys. */
function outcome(answer: ApiAnswer): CommandResult {
  return answer.status < 300 ? { ok: true } : refusal(answer);
}

/** The problem document in a sentence. */
function refusal({ status, json }: ApiAnswer): Extract<CommandResult, { ok: false }> {
  const { type, title, detail, errors } = objectOf(json);
  const places = Array.isArray(errors)
    ? errors.map((error) => {
        const { pointer = '', parameter = '', detail: what = '' } = objectOf(error);
        return ` ${String(pointer)}${String(parameter)} ${String(what)}`;
      })
    : [];
  const code = typeof type === 'string' ? (type.split(':').at(-1) ?? '') : `status-${status}`;
  return { ok: false, code, reason: `${String(title)}: ${String(detail)}${places.join(';')}` };
}

function objectOf(json: unknown): Record<string, unknown> {
  return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {};
}
