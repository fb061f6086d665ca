/** What people may here, as roles: for the routes and for the pages. */

/**
 * Each may what those before it may. viewer: look. operator: run the plant (send, acknowledge, take data along, back up).
 * technician: set it up (devices, gateways, codecs, profiles, surveys). admin: users, tokens, settings, updates, restoring.
 */
export const ROLES = ['viewer', 'operator', 'technician', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Whether `role` is `wanted` or above it. */
export function reaches(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}
