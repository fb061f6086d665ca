/** Who is let in, by the settings. The users are opened only where there is somebody to tell apart. */
import type { AccessConfig, HttpConfig } from '../../config/schema.ts';
import { isLoopback } from '../../model/address.ts';
import type { Part, World } from '../../model/world.ts';
import { openUsers } from '../../store/tables/users-file.ts';
import { type AccessControl, createAccessControl, openAccess } from './access-control.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface AccessOptions {
  readonly http: HttpConfig;
  readonly access: AccessConfig;
  /** Folder of the users. */
  readonly dir: string;
  readonly world: World;
}

/** Access control of a box with these settings. Opens the users, where access is not open to everybody. */
export function accessOfSettings({ http, access, dir, world }: AccessOptions): AccessControl & Part {
  const auto = isLoopback(http.host) && http.trustedProxies.length === 0 ? 'open' : 'required';
  if ((access.mode === 'auto' ? auto : access.mode) === 'open') {
    const exposed = auto !== 'open';
    if (exposed) world.logger.warn('access.open', { hint: 'everybody who reaches this box may change it' });
    const onlyHere = access.mode === 'auto';
    return { ...openAccess(exposed), onlyHere, start: async () => {}, stop: async () => {} };
  }
  const { users, synced, close } = openUsers(dir, {
    byHand: {},
    onDamaged: (setAside) =>
      world.logger.error('access.users_damaged', { setAside, hint: 'the box is unclaimed now' }),
  });
  const times = { idleMs: access.sessionIdleH * HOUR_MS, maxMs: access.sessionMaxDays * DAY_MS };
  const control = createAccessControl({ users, synced, times, world });
  return {
    ...control,
    async stop() {
      await control.stop();
      close();
    },
  };
}
