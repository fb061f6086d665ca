/** Codecs over the API: the device makers' scripts, looked at, added, replaced, removed, and tried with sample bytes. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { codecOf } from '../../model/profile.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, jsonBody } from '../http/input.ts';
import { placedError } from '../http/input-error.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import type { CodecTrialView, CodecView } from '../shapes/codecs.ts';
import { about, maybe } from '../shapes/describe.ts';
import { raw, whole } from '../shapes/inputs.ts';
import type { CodecService, CodecState, Services } from './services.ts';

/** Characters; the script engine has the same limit. */
const MAX_SOURCE = 262_144;
/** Devices named when a codec is in use. */
const MAX_NAMED = 10;
/** Of any LoRaWAN region. */
const MAX_PAYLOAD_BYTES = 242;

const source = z.string().check(z.maxLength(MAX_SOURCE, `may have ${MAX_SOURCE} characters`));

const trialBody = z
  .strictObject({
    source: maybe(source, 'The script; or name'),
    name: raw(64, 'Of a codec that is there'),
    bytes: raw(1024, 'Payload to decode; or object'),
    encoding: about(z._default(z.enum(['hex', 'base64']), 'hex'), 'How bytes are written'),
    object: maybe(z.json(), 'What to encode'),
    fPort: maybe(whole(1, 223), 'Needed to decode'),
    variables: z.optional(z.record(z.string().check(z.maxLength(64)), z.string().check(z.maxLength(1000)))),
  })
  .check((context) => {
    const input = context.value;
    const wrong = (path: string, message: string) =>
      context.issues.push({ code: 'custom', input, path: [path], message });
    if ((input.source === undefined) === (input.name === undefined)) wrong('source', 'give source or name');
    if ((input.bytes === undefined) === (input.object === undefined)) wrong('bytes', 'give bytes or object');
    if (input.bytes !== undefined && input.fPort === undefined) wrong('fPort', 'is needed to decode');
    if (input.bytes !== undefined && !readBytes(input.bytes, input.encoding)) {
      wrong('bytes', `must be ${input.encoding}, at most ${MAX_PAYLOAD_BYTES} bytes`);
    }
  });

const missing = { 404: { description: 'No such codec' } };

export function codecRoutes(services: Services) {
  return new Hono<Env>().route('/', readRoutes(services)).route('/', changeRoutes(services));
}

function readRoutes(services: Services) {
  return new Hono<Env>()
    .get(
      '/codecs',
      operation({
        name: 'listCodecs',
        summary: 'Codecs a device may name: built-in ones, then scripts',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All codecs', pageOf: 'Codec' } },
      }),
      (c) => c.json({ items: list(services) }),
    )
    .get(
      '/codecs/:name',
      operation({
        name: 'getCodec',
        summary: 'One codec, with its source if it is a script',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The codec', shape: 'Codec' }, ...missing },
      }),
      (c) => c.json(one(services, c.req.param('name'))),
    );
}

function changeRoutes(services: Services) {
  const { scripts } = services;
  return new Hono<Env>()
    .put(
      '/codecs/:name',
      operation({
        name: 'putCodec',
        summary: "Adds or replaces a device maker's script; the next frame is decoded with it",
        access: allow.technician('write'),
        responses: {
          200: { description: 'Replaced', shape: 'Codec' },
          201: { description: 'Added', shape: 'Codec' },
          409: { description: 'Not one that is changed here' },
          422: { description: 'It does not compile; errors says where' },
        },
      }),
      jsonBody(z.strictObject({ source })),
      async (c) => {
        const name = c.req.param('name');
        const isNew = await put(services, name, c.req.valid('json').source);
        return c.json(one(services, name), isNew ? 201 : 200);
      },
    )
    .delete(
      '/codecs/:name',
      operation({
        name: 'deleteCodec',
        summary: 'Removes a script that no device and no profile names',
        access: allow.technician('write'),
        responses: {
          204: { description: 'Removed' },
          409: { description: 'In use, or built in' },
          ...missing,
        },
      }),
      (c) => {
        remove(services, c.req.param('name'));
        return c.body(null, 204);
      },
    )
    .post(
      '/codecs/test',
      operation({
        name: 'testCodec',
        summary: 'Decodes sample bytes, or encodes an object, with a script that is or is not there yet',
        access: allow.technician('write'),
        audited: false,
        responses: { 200: { description: 'What came out', shape: 'CodecTrial' }, ...missing },
      }),
      jsonBody(trialBody),
      async (c) => c.json(await attempt(scripts, c.req.valid('json'))),
    );
}

function users({ store: { devices, profiles } }: Services, name: string) {
  return devices.list().filter((device) => codecOf(device, profiles.get(device.profile ?? '')) === name);
}

function find({ scripts }: Services, name: string): CodecState | undefined {
  return scripts.list().find((codec) => codec.name === name);
}

function list({ store: { devices, profiles }, scripts }: Services): CodecView[] {
  const counts = new Map<string, number>();
  for (const device of devices.list()) {
    const codec = codecOf(device, profiles.get(device.profile ?? ''));
    counts.set(codec, (counts.get(codec) ?? 0) + 1);
  }
  return scripts.list().map((codec) => view(codec, counts.get(codec.name) ?? 0));
}

function one(services: Services, name: string): CodecView {
  const known = find(services, name);
  if (!known) throw unknownCodec();
  const text = services.scripts.source(name);
  return { ...view(known, users(services, name).length), ...(text === undefined ? {} : { source: text }) };
}

/** Whether it was not there before. */
async function put(services: Services, name: string, text: string): Promise<boolean> {
  const known = find(services, name);
  if (known && known.kind !== 'script') throw notOurs(known);
  const refused = await services.scripts.put(name, text);
  if (!refused) return !known;
  if (refused.of === 'source')
    throw invalidBody([
      placedError({ pointer: '/source', detail: refused.problem, said: refused.said ?? [] }),
    ]);
  const detail = `${refused.problem[0]?.toUpperCase()}${refused.problem.slice(1)}.`;
  throw new Problem({ code: 'codec-name', title: 'Not a name for a codec', status: 422, detail });
}

function remove(services: Services, name: string): void {
  const known = find(services, name);
  if (!known) throw unknownCodec();
  if (known.kind !== 'script') throw notOurs(known);
  const inUse = users(services, name);
  if (inUse.length > 0) throw stillUsed(name, inUse);
  const profile = services.store.profiles.list().find(({ codec }) => codec === name);
  if (profile) throw namedBy(name, profile.name);
  if (!services.scripts.remove(name)) throw unknownCodec();
}

async function attempt(codecs: CodecService, input: z.output<typeof trialBody>): Promise<CodecTrialView> {
  const { bytes, encoding, object, variables } = input;
  const trial = input.source === undefined ? { name: input.name ?? '' } : { source: input.source };
  if (bytes === undefined) {
    const encoded = await codecs.encode(trial, { object, fPort: input.fPort, variables });
    if (!encoded) throw unknownCodec();
    if (encoded.bytes === undefined) return { problem: encoded.problem, said: encoded.said, warnings: [] };
    const data = Buffer.from(encoded.bytes);
    const port = encoded.fPort ?? input.fPort;
    return {
      ...{ hex: data.toString('hex'), base64: data.toString('base64'), warnings: [...encoded.warnings] },
      ...(port === undefined ? {} : { fPort: port }),
    };
  }
  const data = readBytes(bytes, encoding) ?? Buffer.alloc(0);
  const decoded = await codecs.decode(trial, { fPort: input.fPort ?? 1, data, variables });
  if (!decoded) throw unknownCodec();
  const { fields, problem: fault, said, warnings } = decoded;
  return { fields, warnings: [...warnings], ...(fault === undefined ? {} : { problem: fault, said }) };
}

/** The bytes of a text with nothing else in it; undefined if it is not that, or too long. */
function readBytes(text: string, encoding: 'hex' | 'base64'): Buffer | undefined {
  const plain = text.replace(/\s+/g, '');
  const fits = encoding === 'hex' ? /^([0-9a-f]{2})*$/i : /^[A-Za-z0-9+/_-]*={0,2}$/;
  if (!fits.test(plain)) return undefined;
  const data = Buffer.from(plain, encoding);
  return data.length <= MAX_PAYLOAD_BYTES ? data : undefined;
}

function view(
  { name, kind, pausedMs, misbehaved, problem: fault, said }: CodecState,
  devices: number,
): CodecView {
  return {
    name,
    kind,
    devices,
    pausedSeconds: pausedMs / 1000,
    misbehaved,
    ...(fault === undefined ? {} : { problem: fault, said }),
  };
}

function unknownCodec(): Problem {
  return new Problem({
    code: 'codec-unknown',
    title: 'No such codec',
    status: 404,
    detail: 'GET /api/v1/codecs lists them all.',
  });
}

function notOurs({ name, kind }: CodecState): Problem {
  const detail =
    kind === 'file'
      ? `${name} is a file in the folder of codecs. Change it there and start the box again.`
      : `${name} is built in.`;
  return new Problem({ code: 'codec-owned-elsewhere', title: 'Not changed here', status: 409, detail });
}

function namedBy(name: string, profile: string): Problem {
  const detail = `${name} is the codec of the profile ${profile}. Give it another first.`;
  return new Problem({ code: 'codec-in-use', title: 'A profile names this codec', status: 409, detail });
}

function stillUsed(name: string, users: readonly { devEui: string; name: string }[]): Problem {
  const more = users.length > MAX_NAMED ? ` ${users.length - MAX_NAMED} more are not listed.` : '';
  return new Problem({
    code: 'codec-in-use',
    title: 'Devices use this codec',
    status: 409,
    detail: `${name} is the codec of ${users.length} ${users.length === 1 ? 'device' : 'devices'}. Give them another first.${more}`,
    errors: users.slice(0, MAX_NAMED).map((device) => ({ detail: `${device.devEui} ${device.name}` })),
  });
}
