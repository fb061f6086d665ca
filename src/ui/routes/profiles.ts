/** Device profiles over the API: what all devices of one make have in common, looked at, added, replaced, removed. */

import * as z from 'zod';
import { MAC_VERSIONS, REGION_NAMES } from '../../model/lorawan.ts';
import type { DeviceProfile } from '../../model/profile.ts';
import { didYouMean } from '../../model/suggest.ts';
import { allow } from '../access/access-rule.ts';
import { defineRoute, invalidBody, type Route } from '../http/operation.ts';
import { type Answer, json, noContent, problem } from '../http/problem.ts';
import type { ProfileView } from '../shapes/schemas.ts';
import type { Services } from './services.ts';

/** Profiles of a site; as many makes of devices. */
const MAX_PROFILES = 256;
const MAX_FIELDS = 100;
const MAX_VARIABLES = 50;
/** Devices named when a profile is in use. */
const MAX_NAMED = 10;

const fieldSchema = z.strictObject({
  name: z.string().trim().min(1).max(100).optional(),
  unit: z.string().trim().min(1).max(20).optional(),
  digits: z.int().min(0).max(6).optional().describe('After the point'),
  hidden: z.boolean().optional().describe('Kept and forwarded, but not shown'),
});

/** An object of at most `most` entries. */
function table<T extends z.ZodType>(value: T, most: number) {
  return z
    .record(z.string().min(1).max(100), value)
    .refine((entries) => Object.keys(entries).length <= most, `may have ${most} entries`)
    .optional();
}

const profileSchema = z.strictObject({
  region: z.enum(REGION_NAMES).optional().describe("The site's where left out"),
  macVersion: z.enum(MAC_VERSIONS).optional(),
  deviceClass: z.enum(['A', 'C']).optional(),
  adr: z.boolean().optional(),
  rx1DelayS: z.int().min(1).max(15).optional(),
  allowCounterReset: z.boolean().optional(),
  codec: z.string().max(64).default('raw').describe("Of devices whose own codec is 'raw'"),
  variables: table(z.string().max(1000), MAX_VARIABLES).describe('Handed to the script'),
  expectedIntervalMs: z.int().min(1000).max(31_622_400_000).optional(),
  fields: table(fieldSchema, MAX_FIELDS).describe('How fields are shown'),
});

const missing = { 404: { description: 'No such profile' } };

export function profileRoutes({ store: { devices, profiles }, codecs }: Services): Route[] {
  const users = (name: string) => devices.list().filter(({ profile }) => profile === name);

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/profiles',
      name: 'listProfiles',
      summary: 'Device profiles by name',
      access: allow.viewer('read'),
      responses: { 200: { description: 'All profiles', pageOf: 'Profile' } },
      handle() {
        const counts = new Map<string, number>();
        for (const { profile = '' } of devices.list()) counts.set(profile, (counts.get(profile) ?? 0) + 1);
        return json({ items: profiles.list().map((one) => view(one, counts.get(one.name) ?? 0)) });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/profiles/{name}',
      name: 'getProfile',
      summary: 'One device profile',
      access: allow.viewer('read'),
      responses: { 200: { description: 'The profile', shape: 'Profile' }, ...missing },
      handle: ({ path: { name = '' } }) => one(name),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/v1/profiles/{name}',
      name: 'putProfile',
      summary: 'Adds or replaces a device profile; its devices are treated by it from the next frame on',
      access: allow.admin('write'),
      body: profileSchema,
      responses: {
        200: { description: 'Replaced', shape: 'Profile' },
        201: { description: 'Added', shape: 'Profile' },
        409: { description: 'There are as many as can be' },
        422: { description: 'The name cannot be, or there is no such codec' },
      },
      handle: ({ path: { name = '' }, body }) => put(name, body),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/v1/profiles/{name}',
      name: 'deleteProfile',
      summary: 'Removes a profile that no device names',
      access: allow.admin('write'),
      responses: { 204: { description: 'Removed' }, 409: { description: 'In use' }, ...missing },
      handle({ path: { name = '' } }) {
        if (!profiles.get(name)) return unknownProfile();
        const inUse = users(name);
        if (inUse.length > 0) return stillUsed(name, inUse);
        return profiles.remove(name) ? noContent() : unknownProfile();
      },
    }),
  ];

  function one(name: string, status = 200): Answer {
    const known = profiles.get(name);
    return known ? json(view(known, users(name).length), status) : unknownProfile();
  }

  function put(name: string, input: z.output<typeof profileSchema>): Answer {
    if (!/^[\p{L}\p{N}][^/\p{C}]{0,99}$/u.test(name) || name !== name.trim()) return wrongName();
    const known = profiles.get(name);
    if (!known && profiles.list().length >= MAX_PROFILES) return tooMany();
    const names = codecs();
    if (!names.includes(input.codec)) {
      const detail = `no codec has this name${didYouMean(input.codec, names)}`;
      return invalidBody([{ pointer: '/codec', detail }]);
    }
    // What is left out is not there: the schema's types only say `undefined`.
    profiles.put({ ...(input as Omit<DeviceProfile, 'name'>), name });
    return one(name, known ? 200 : 201);
  }
}

function view(profile: DeviceProfile, devices: number): ProfileView {
  return { ...profile, devices } as ProfileView;
}

function unknownProfile(): Answer {
  return problem({
    code: 'profile-unknown',
    title: 'No such profile',
    status: 404,
    detail: 'GET /api/v1/profiles lists them all.',
  });
}

function wrongName(): Answer {
  return problem({
    code: 'profile-name',
    title: 'Not a name for a profile',
    status: 422,
    detail: 'The name of a profile has 1 to 100 characters and no slash, a letter or digit first.',
  });
}

function tooMany(): Answer {
  return problem({
    code: 'too-many-profiles',
    title: 'Too many profiles',
    status: 409,
    detail: `${MAX_PROFILES} profiles are the most; remove one first.`,
  });
}

function stillUsed(name: string, users: readonly { devEui: string; name: string }[]): Answer {
  const more = users.length > MAX_NAMED ? ` ${users.length - MAX_NAMED} more are not listed.` : '';
  return problem({
    code: 'profile-in-use',
    title: 'Devices have this profile',
    status: 409,
    detail: `${name} is the profile of ${users.length} ${users.length === 1 ? 'device' : 'devices'}. Give them another first.${more}`,
    errors: users.slice(0, MAX_NAMED).map((device) => ({ detail: `${device.devEui} ${device.name}` })),
  });
}
