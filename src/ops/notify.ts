/**
 * Tells systemd how the service is (sd_notify): ready, reloading, stopping, one line of status, and the watchdog's ping.
 * Node has no datagram sockets, so `systemd-notify` is spawned, never with --no-block: it waits until systemd has read
 * the message, and so still exists when systemd looks up who sent it. Outside systemd nothing happens.
 */
import { spawn } from 'node:child_process';
import { cut } from '../model/text.ts';
import type { World } from '../model/world.ts';

/** Sends assignments ('READY=1'); resolves to whether they were taken. Never rejects. */
export type NotifySend = (assignments: readonly string[]) => Promise<boolean>;

export interface Notifier {
  /** The pages listen and the store is open: systemd lets go of whoever waits for the start. Starts the watchdog. */
  ready(status: string): Promise<void>;
  /** One line for `systemctl status`. */
  status(text: string): void;
  reloading(): Promise<void>;
  /** Ends the watchdog's checks and says that the stop is meant. */
  stopping(): Promise<void>;
}

export interface NotifierOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Why the service does not do its work, undefined when it does. Must settle; too late counts as a reason. */
  readonly check: () => Promise<string | undefined>;
  readonly world: World;
  readonly send?: NotifySend;
}

/** Pings in the time systemd waits for one: two may be late or lost. */
const PINGS = 3;
const SEND_MS = 5_000;

/** Makes the notifier; it does nothing where `NOTIFY_SOCKET` is not set. */
export function createNotifier({ env, check, world, send = spawnNotify(env) }: NotifierOptions): Notifier {
  const { clock, logger } = world;
  const on = Boolean(env.NOTIFY_SOCKET);
  const pingMs = Math.floor(watchdogMs(env) / PINGS);
  let told = true;
  let withheld: string | undefined;
  let cancel = (): void => {};
  let generation = 0;

  async function tell(...assignments: readonly string[]): Promise<void> {
    if (!on) return;
    const taken = await send(assignments);
    if (!taken && told) {
      const hint = 'install systemd’s tool systemd-notify, and let the unit say NotifyAccess=all';
      logger.error('systemd.not_told', { hint });
    }
    told = taken;
  }

  /** One look, and a ping if all is well; the next look comes in any case. */
  async function look(mine: number): Promise<void> {
    const reason = await inTime(check());
    if (mine !== generation) return;
    if (reason === undefined) await tell('WATCHDOG=1');
    if (reason !== withheld) {
      if (reason === undefined) logger.info('watchdog.fed_again');
      else logger.error('watchdog.withheld', { reason, hint: 'systemd restarts the service if this lasts' });
    }
    withheld = reason;
    if (mine === generation) cancel = clock.after(pingMs, () => void look(mine));
  }

  /** A check that hangs is an answer as well. */
  function inTime(checked: Promise<string | undefined>): Promise<string | undefined> {
    return new Promise((resolve) => {
      const cancelLimit = clock.after(pingMs, () => resolve('the check of the service does not end'));
      const end = (reason: string | undefined): void => {
        cancelLimit();
        resolve(reason);
      };
      checked.then(end, (error: unknown) => end(error instanceof Error ? error.message : String(error)));
    });
  }

  function halt(): void {
    generation++;
    cancel();
  }

  return {
    async ready(status) {
      halt();
      await tell('READY=1', `STATUS=${oneLine(status)}`);
      const mine = generation;
      if (on && pingMs > 0) cancel = clock.after(pingMs, () => void look(mine));
    },
    status: (text) => void tell(`STATUS=${oneLine(text)}`),
    async reloading() {
      halt();
      await tell('RELOADING=1', 'STATUS=reading the settings again', 'WATCHDOG=1');
    },
    async stopping() {
      halt();
      await tell('STOPPING=1', 'STATUS=stopping');
    },
  };
}

/** How long systemd is asked to wait on, from each notice; and how far apart notices are, milliseconds. */
const PATIENCE_MS = 600_000;
const NOTICE_MS = 30_000;

/** Tells systemd while the store is being repaired, before the start is over: it waits as long as that advances. */
export function createRepairNotices(
  env: NotifierOptions['env'],
  { clock }: World,
  send: NotifySend = spawnNotify(env),
): { advanced(percent: number, what?: string): void } {
  let toldMs: number | undefined;
  return {
    advanced(percent, what = 'repairing the store') {
      const nowMs = clock.monotonicMs();
      if (!env.NOTIFY_SOCKET || (toldMs !== undefined && nowMs - toldMs < NOTICE_MS)) return;
      toldMs = nowMs;
      // Nobody waits for it: one that is lost is made up for by the next.
      const status = percent > 0 ? `${what}: ${percent} %` : what;
      // The watchdog is awake where the box begins anew without a new process.
      void send([`EXTEND_TIMEOUT_USEC=${PATIENCE_MS * 1_000}`, 'WATCHDOG=1', `STATUS=${status}`]);
    },
  };
}

/** Milliseconds within which systemd wants a ping of this process, 0 if it wants none. */
function watchdogMs(env: Readonly<Record<string, string | undefined>>): number {
  const { WATCHDOG_USEC, WATCHDOG_PID } = env;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(process.pid)) return 0;
  const micros = Number(WATCHDOG_USEC);
  return Number.isFinite(micros) && micros > 0 ? micros / 1_000 : 0;
}

/** A line end would begin another assignment. */
function oneLine(text: string): string {
  return cut(text.replace(/[\r\n]+/g, ' '), 300);
}

function spawnNotify(env: Readonly<Record<string, string | undefined>>): NotifySend {
  const { NOTIFY_SOCKET, PATH = '/usr/bin:/bin' } = env;
  return (assignments) =>
    new Promise((resolve) => {
      const child = spawn('systemd-notify', [...assignments], {
        env: { NOTIFY_SOCKET, PATH },
        stdio: 'ignore',
        timeout: SEND_MS,
      });
      child.once('error', () => resolve(false));
      child.once('exit', (code) => resolve(code === 0));
    });
}
