/** Codecs over the API: the device makers' scripts, looked at, added, replaced, removed, and tried with sample bytes. */
import * as z from 'zod';
import { codecOf } from '../../model/profile.ts';
import type { Store } from '../../store/contract.ts';
import { allow } from '../access/access-rule.ts';
import { defineRoute, invalidBody, type Route } from '../http/operation.ts';
import { type Answer, json, noContent, problem } from '../http/problem.ts';
import type { CodecTrialView, CodecView } from '../shapes/schemas.ts';

/** What these routes need of the codecs. */
export interface CodecService {
  list(): readonly CodecState[];
  source(name: string): string | undefined;
  put(
    name: string,
    source: string,
  ): Promise<{ readonly of: 'name' | 'source'; readonly problem: string } | undefined>;
  remove(name: string): boolean;
  decode(
    trial: CodecTrial,
    sample: { fPort: number; data: Uint8Array; variables?: Variables | undefined },
  ): Promise<
    | {
        readonly fields: CodecTrialView['fields'];
        readonly problem?: string;
        readonly warnings: readonly string[];
      }
    | undefined
  >;
  encode(
    trial: CodecTrial,
    sample: { object: unknown; fPort?: number | undefined; variables?: Variables | undefined },
  ): Promise<
    | {
        readonly bytes: Uint8Array;
        readonly fPort?: number;
        readonly warnings: readonly string[];
        readonly problem?: undefined;
      }
    | { readonly bytes?: undefined; readonly problem: string }
    | undefined
  >;
}

interface CodecState {
  readonly name: string;
  readonly kind: CodecView['kind'];
  readonly pausedMs: number;
  readonly misbehaved: number;
  readonly problem?: string;
}

type Variables = Readonly<Record<string, string>>;
type CodecTrial = { readonly source: string } | { readonly name: string };

/** Characters; the script engine has the same limit. */
const MAX_SOURCE = 262_144;
/** Devices named when a codec is in use. */
const MAX_NAMED = 10;
/** Of any LoRaWAN region. */
const MAX_PAYLOAD_BYTES = 242;

const source = z.string().max(MAX_SOURCE, `may have ${MAX_SOURCE} characters`);
const fPort = z.int().min(1).max(223);

const trialSchema = z
  .strictObject({
    source: source.optional().describe('The script; or name'),
    name: z.string().max(64).optional().describe('Of a codec that is there'),
    bytes: z.string().max(1024).optional().describe('Payload to decode; or object'),
    encoding: z.enum(['hex', 'base64']).default('hex').describe('How bytes are written'),
    object: z.json().optional().describe('What to encode'),
    fPort: fPort.optional().describe('Needed to decode'),
    variables: z.record(z.string().max(64), z.string().max(1000)).optional(),
  })
  .superRefine((input, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((input.source === undefined) === (input.name === undefined)) wrong('source', 'give source or name');
    if ((input.bytes === undefined) === (input.object === undefined)) wrong('bytes', 'give bytes or object');
    if (input.bytes !== undefined && input.fPort === undefined) wrong('fPort', 'is needed to decode');
    if (input.bytes !== undefined && !readBytes(input.bytes, input.encoding)) {
      wrong('bytes', `must be ${input.encoding}, at most ${MAX_PAYLOAD_BYTES} bytes`);
    }
  });

const missing = { 404: { description: 'No such codec' } };

export function codecRoutes(
  { devices, profiles }: Pick<Store, 'devices' | 'profiles'>,
  codecs: CodecService,
): Route[] {
  const users = (name: string) =>
    devices.list().filter((device) => codecOf(device, profiles.get(device.profile ?? '')) === name);
  const find = (name: string) => codecs.list().find((codec) => codec.name === name);

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/codecs',
      name: 'listCodecs',
      summary: 'Codecs a device may name: built-in ones, then scripts',
      access: allow.viewer('read'),
      responses: { 200: { description: 'All codecs', pageOf: 'Codec' } },
      handle() {
        const counts = new Map<string, number>();
        for (const device of devices.list()) {
          const codec = codecOf(device, profiles.get(device.profile ?? ''));
          counts.set(codec, (counts.get(codec) ?? 0) + 1);
        }
        return json({ items: codecs.list().map((codec) => view(codec, counts.get(codec.name) ?? 0)) });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/codecs/{name}',
      name: 'getCodec',
      summary: 'One codec, with its source if it is a script',
      access: allow.viewer('read'),
      responses: { 200: { description: 'The codec', shape: 'Codec' }, ...missing },
      handle: ({ path: { name = '' } }) => one(name),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/v1/codecs/{name}',
      name: 'putCodec',
      summary: "Adds or replaces a device maker's script; the next frame is decoded with it",
      access: allow.admin('write'),
      body: z.strictObject({ source }),
      responses: {
        200: { description: 'Replaced', shape: 'Codec' },
        201: { description: 'Added', shape: 'Codec' },
        409: { description: 'Not one that is changed here' },
        422: { description: 'It does not compile; errors says where' },
      },
      handle: ({ path: { name = '' }, body }) => put(name, body.source),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/codecs/{name}',
      name: 'deleteCodec',
      summary: 'Removes a script that no device and no profile names',
      access: allow.admin('write'),
      responses: { 204: { description: 'Removed' }, 409: { description: 'In use, or built in' }, ...missing },
      handle({ path: { name = '' } }) {
        const known = find(name);
        if (!known) return unknownCodec();
        if (known.kind !== 'script') return notOurs(known);
        const inUse = users(name);
        if (inUse.length > 0) return stillUsed(name, inUse);
        const profile = profiles.list().find(({ codec }) => codec === name);
        if (profile) return namedBy(name, profile.name);
        return codecs.remove(name) ? noContent() : unknownCodec();
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/codecs/test',
      name: 'testCodec',
      summary: 'Decodes sample bytes, or encodes an object, with a script that is or is not there yet',
      access: allow.admin('write'),
      body: trialSchema,
      responses: { 200: { description: 'What came out', shape: 'CodecTrial' }, ...missing },
      handle: ({ body }) => attempt(codecs, body),
    }),
  ];

  function one(name: string, status = 200): Answer {
    const known = find(name);
    if (!known) return unknownCodec();
    const text = codecs.source(name);
    return json(
      { ...view(known, users(name).length), ...(text === undefined ? {} : { source: text }) },
      status,
    );
  }

  async function put(name: string, text: string): Promise<Answer> {
    const known = find(name);
    if (known && known.kind !== 'script') return notOurs(known);
    const refused = await codecs.put(name, text);
    if (!refused) return one(name, known ? 200 : 201);
    if (refused.of === 'source') return invalidBody([{ pointer: '/source', detail: refused.problem }]);
    const detail = `${refused.problem[0]?.toUpperCase()}${refused.problem.slice(1)}.`;
    return problem({ code: 'codec-name', title: 'Not a name for a codec', status: 422, detail });
  }
}

async function attempt(codecs: CodecService, input: z.output<typeof trialSchema>): Promise<Answer> {
  const { bytes, encoding, object, variables } = input;
  const trial = input.source === undefined ? { name: input.name ?? '' } : { source: input.source };
  if (bytes === undefined) {
    const encoded = await codecs.encode(trial, { object, fPort: input.fPort, variables });
    if (!encoded) return unknownCodec();
    if (encoded.bytes === undefined) return trialAnswer({ problem: encoded.problem, warnings: [] });
    const data = Buffer.from(encoded.bytes);
    const port = encoded.fPort ?? input.fPort;
    return trialAnswer({
      ...{ hex: data.toString('hex'), base64: data.toString('base64'), warnings: [...encoded.warnings] },
      ...(port === undefined ? {} : { fPort: port }),
    });
  }
  const data = readBytes(bytes, encoding) ?? Buffer.alloc(0);
  const decoded = await codecs.decode(trial, { fPort: input.fPort ?? 1, data, variables });
  if (!decoded) return unknownCodec();
  const { fields, problem: fault, warnings } = decoded;
  return trialAnswer({ fields, warnings: [...warnings], ...(fault === undefined ? {} : { problem: fault }) });
}

function trialAnswer(view: CodecTrialView): Answer {
  return json(view);
}

/** The bytes of a text with nothing else in it; undefined if it is not that, or too long. */
function readBytes(text: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  const plain = text.replace(/\s+/g, '');
  const fits = encoding === 'hex' ? /^([0-9a-f]{2})*$/i : /^[A-Za-z0-9+/_-]*={0,2}$/;
  if (!fits.test(plain)) return undefined;
  const data = Buffer.from(plain, encoding);
  return data.length <= MAX_PAYLOAD_BYTES ? data : undefined;
}

function view({ name, kind, pausedMs, misbehaved, problem: fault }: CodecState, devices: number): CodecView {
  return {
    name,
    kind,
    devices,
    pausedSeconds: pausedMs / 1000,
    misbehaved,
    ...(fault === undefined ? {} : { problem: fault }),
  };
}

function unknownCodec(): Answer {
  return problem({
    code: 'codec-unknown',
    title: 'No such codec',
    status: 404,
    detail: 'GET /api/v1/codecs lists them all.',
  });
}

function notOurs({ name, kind }: CodecState): Answer {
  const detail =
    kind === 'file'
      ? `${name} is a file in the folder of codecs. Change it there and start the box again.`
      : `${name} is built in.`;
  return problem({ code: 'codec-owned-elsewhere', title: 'Not changed here', status: 409, detail });
}

function namedBy(name: string, profile: string): Answer {
  const detail = `${name} is the codec of the profile ${profile}. Give it another first.`;
  return problem({ code: 'codec-in-use', title: 'A profile names this codec', status: 409, detail });
}

function stillUsed(name: string, users: readonly { devEui: string; name: string }[]): Answer {
  const more = users.length > MAX_NAMED ? ` ${users.length - MAX_NAMED} more are not listed.` : '';
  return problem({
    code: 'codec-in-use',
    title: 'Devices use this codec',
    status: 409,
    detail: `${name} is the codec of ${users.length} ${users.length === 1 ? 'device' : 'devices'}. Give them another first.${more}`,
    errors: users.slice(0, MAX_NAMED).map((device) => ({ detail: `${device.devEui} ${device.name}` })),
  });
}
