/** Device profiles over the API: what all devices of one make have in common, looked at, added, replaced, removed. */
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { MAC_VERSIONS, REGION_NAMES } from '../../model/lorawan.ts';
import { type DeviceProfile, MAX_PROFILES } from '../../model/profile.ts';
import { didYouMean } from '../../model/suggest.ts';
import { allow } from '../access/access-rule.ts';
import type { Env } from '../http/env.ts';
import { invalidBody, jsonBody } from '../http/input.ts';
import { operation } from '../http/operation.ts';
import { Problem } from '../http/problem.ts';
import { about, maybe } from '../shapes/describe.ts';
import type { ProfileView } from '../shapes/devices.ts';
import { DATA_OR_OBJECT, downlinkObject, payload, text, whole } from '../shapes/inputs.ts';
import { saying } from '../shapes/told.ts';
import type { Services } from './services.ts';

const MAX_FIELDS = 100;
const MAX_VARIABLES = 50;
const MAX_STATES = 50;
const MAX_PRESETS = 20;
/** Devices named when a profile is in use. */
const MAX_NAMED = 10;

const field = z
  .strictObject({
    name: z.optional(text(100)),
    unit: z.optional(text(20)),
    digits: maybe(whole(0, 6), 'After the point'),
    hidden: maybe(z.boolean(), 'Kept and forwarded, but not shown'),
    low: maybe(z.number(), 'A value below is not as it should be'),
    high: maybe(z.number(), 'A value above is not as it should be'),
    states: table(
      text(50),
      MAX_STATES,
      'What its values are called: {"1": "open"}; a boolean is \'true\' or \'false\'',
    ),
  })
  .check(
    z.refine(({ low, high }) => low === undefined || high === undefined || low < high, {
      path: ['high'],
      ...saying('given.above', { other: 'low' }),
    }),
  );

/** An object of at most `most` entries. */
function table<T extends z.ZodMiniType>(value: T, most: number, description: string) {
  return maybe(
    z
      .record(z.string().check(z.minLength(1), z.maxLength(100)), value)
      .check(
        z.refine((entries) => Object.keys(entries).length <= most, saying('given.entries', { limit: most })),
      ),
    description,
  );
}

const preset = z
  .strictObject({
    name: text(50),
    fPort: maybe(whole(1, 223), 'With object the codec may say it'),
    data: maybe(payload, 'Payload in clear, hex; or object'),
    object: maybe(downlinkObject, 'What the codec makes bytes of'),
    confirmed: maybe(z.boolean(), 'Whether the device shall acknowledge it'),
  })
  .check(
    z.refine(({ data, object }) => (data === undefined) !== (object === undefined), {
      path: ['data'],
      ...saying('given.oneOf', DATA_OR_OBJECT),
    }),
    z.refine(({ data, fPort }) => data === undefined || fPort !== undefined, {
      path: ['fPort'],
      ...saying('given.neededWith', { other: 'data' }),
    }),
  );

const example = z.strictObject({
  name: text(50),
  fPort: z.optional(whole(1, 223)),
  object: about(downlinkObject, 'What the script makes bytes of'),
});

const profileBody = z.strictObject({
  region: maybe(z.enum(REGION_NAMES), "The site's where left out"),
  macVersion: z.optional(z.enum(MAC_VERSIONS)),
  deviceClass: z.optional(z.enum(['A', 'C'])),
  adr: z.optional(z.boolean()),
  rx1DelayS: z.optional(whole(1, 15)),
  allowCounterReset: z.optional(z.boolean()),
  codec: about(z._default(z.string().check(z.maxLength(64)), 'raw'), "Of devices whose own codec is 'raw'"),
  variables: table(z.string().check(z.maxLength(1000)), MAX_VARIABLES, 'Handed to the script'),
  expectedIntervalMs: z.optional(whole(1000, 31_622_400_000)),
  fields: table(field, MAX_FIELDS, 'How fields are shown'),
  presets: maybe(
    z.array(preset).check(z.maxLength(MAX_PRESETS)),
    'Downlinks that people send by one touch, such as Open valve',
  ),
  examples: maybe(
    z.array(example).check(z.maxLength(MAX_PRESETS)),
    'Downlinks as the maker of its codec shows them: where a form to fill in begins',
  ),
});

const missing = { 404: { description: 'No such profile' } };

export function profileRoutes(services: Services) {
  const { devices, profiles } = services.store;
  return new Hono<Env>()
    .get(
      '/profiles',
      operation({
        name: 'listProfiles',
        summary: 'Device profiles by name',
        access: allow.viewer('read'),
        responses: { 200: { description: 'All profiles', pageOf: 'Profile' } },
      }),
      (c) => {
        const counts = new Map<string, number>();
        for (const { profile = '' } of devices.list()) counts.set(profile, (counts.get(profile) ?? 0) + 1);
        return c.json({ items: profiles.list().map((one) => view(one, counts.get(one.name) ?? 0)) });
      },
    )
    .get(
      '/profiles/:name',
      operation({
        name: 'getProfile',
        summary: 'One device profile',
        access: allow.viewer('read'),
        responses: { 200: { description: 'The profile', shape: 'Profile' }, ...missing },
      }),
      (c) => c.json(one(services, c.req.param('name'))),
    )
    .put(
      '/profiles/:name',
      operation({
        name: 'putProfile',
        summary: 'Adds or replaces a device profile; its devices are treated by it from the next frame on',
        access: allow.technician('write'),
        responses: {
          200: { description: 'Replaced', shape: 'Profile' },
          201: { description: 'Added', shape: 'Profile' },
          409: { description: 'There are as many as can be' },
          422: { description: 'The name cannot be, or there is no such codec' },
        },
      }),
      jsonBody(profileBody),
      (c) => {
        const name = c.req.param('name');
        const isNew = put(services, name, c.req.valid('json'));
        return c.json(one(services, name), isNew ? 201 : 200);
      },
    )
    .delete(
      '/profiles/:name',
      operation({
        name: 'deleteProfile',
        summary: 'Removes a profile that no device names',
        access: allow.technician('write'),
        responses: { 204: { description: 'Removed' }, 409: { description: 'In use' }, ...missing },
      }),
      (c) => {
        const name = c.req.param('name');
        if (!profiles.get(name)) throw unknownProfile();
        const inUse = users(services, name);
        if (inUse.length > 0) throw stillUsed(name, inUse);
        if (!profiles.remove(name)) throw unknownProfile();
        return c.body(null, 204);
      },
    );
}

function users({ store }: Services, name: string) {
  return store.devices.list().filter(({ profile }) => profile === name);
}

function one(services: Services, name: string): ProfileView {
  const known = services.store.profiles.get(name);
  if (!known) throw unknownProfile();
  return view(known, users(services, name).length);
}

/** Whether it was not there before. */
function put(
  { store: { profiles }, codecs }: Services,
  name: string,
  input: z.output<typeof profileBody>,
): boolean {
  if (!/^[\p{L}\p{N}][^/\p{C}]{0,99}$/u.test(name) || name !== name.trim()) throw wrongName();
  const known = profiles.get(name);
  const isNew = !known;
  if (isNew && profiles.list().length >= MAX_PROFILES) throw tooMany();
  const names = codecs();
  if (!names.includes(input.codec)) {
    const detail = `no codec has this name${didYouMean(input.codec, names)}`;
    const values = { options: names.join(', ') };
    throw invalidBody([{ pointer: '/codec', detail, code: 'codec', values }]);
  }
  // What is left out is not there: the schema's types only say `undefined`.
  const origin = known?.catalogue === undefined ? {} : { catalogue: known.catalogue };
  profiles.put({ ...(input as Omit<DeviceProfile, 'name'>), name, ...origin });
  return isNew;
}

function view(profile: DeviceProfile, devices: number): ProfileView {
  return { ...profile, devices } as ProfileView;
}

function unknownProfile(): Problem {
  return new Problem({
    code: 'profile-unknown',
    title: 'No such profile',
    status: 404,
    detail: 'GET /api/v1/profiles lists them all.',
  });
}

function wrongName(): Problem {
  return new Problem({
    code: 'profile-name',
    title: 'Not a name for a profile',
    status: 422,
    detail: 'The name of a profile has 1 to 100 characters and no slash, a letter or digit first.',
  });
}

function tooMany(): Problem {
  return new Problem({
    code: 'too-many-profiles',
    title: 'Too many profiles',
    status: 409,
    detail: `${MAX_PROFILES} profiles are the most; remove one first.`,
  });
}

function stillUsed(name: string, users: readonly { devEui: string; name: string }[]): Problem {
  const more = users.length > MAX_NAMED ? ` ${users.length - MAX_NAMED} more are not listed.` : '';
  return new Problem({
    code: 'profile-in-use',
    title: 'Devices have this profile',
    status: 409,
    detail: `${name} is the profile of ${users.length} ${users.length === 1 ? 'device' : 'devices'}. Give them another first.${more}`,
    errors: users.slice(0, MAX_NAMED).map((device) => ({ detail: `${device.devEui} ${device.name}` })),
  });
}
