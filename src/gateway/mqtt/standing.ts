/**
 * How it stands between us and a broker that lets us in. Being connected is no proof that anything comes or goes: the worst
 * of what is known is what the part's health says.
 */
import type { Health } from '../../model/health.ts';
import { tell } from '../../model/said.ts';
import type { World } from '../../model/world.ts';
import { COMMANDS_REFUSED, nothingCame, type Refusal, SESSION_LOST } from './refusals.ts';

export interface Standing {
  /** Connected, and the subscriptions taken, unless something about them is wrong. */
  subscribed(version: 4 | 5, wrong?: Refusal): void;
  /** The connection is over. */
  ended(): void;
  /** The broker does not know the session it was to keep. */
  sessionLost(): void;
  /** A message came. */
  received(): void;
  commandsRefused(areRefused: boolean): void;
  areCommandsRefused(): boolean;
  /** The connection does not last, for this reason; undefined: it does. Holds between the connections too. */
  unsteady(why: Refusal | undefined): void;
  stop(): void;
}

/** A bridge sends statistics twice a minute. */
const NOTHING_CAME_MINUTES = 10;
/** How long a lost session stays in the status; the log keeps it. */
const SESSION_LOST_TOLD_MS = 15 * 60_000;

interface StandingContext {
  readonly url: string;
  readonly health: Health;
  version: 4 | 5 | undefined;
  wrong: Refusal | undefined;
  hasReceived: boolean;
  isSilent: boolean;
  areCommandsRefused: boolean;
  isSessionLost: boolean;
  why: Refusal | undefined;
  cancelSilent: (() => void) | undefined;
  cancelLost: (() => void) | undefined;
}

export function createStanding(url: string, health: Health, { clock, logger }: World): Standing {
  const context: StandingContext = {
    ...{ url, health, version: undefined, wrong: undefined, why: undefined },
    ...{ hasReceived: false, isSilent: false, areCommandsRefused: false, isSessionLost: false },
    ...{ cancelSilent: undefined, cancelLost: undefined },
  };
  const tell = (): void => tellWorst(context);
  return {
    subscribed(version, wrong) {
      context.version = version;
      context.wrong = wrong;
      context.cancelSilent ??= clock.after(NOTHING_CAME_MINUTES * 60_000, () => {
        context.isSilent = !context.hasReceived;
        tell();
      });
      tell();
    },
    ended() {
      context.version = undefined;
    },
    sessionLost() {
      logger.warn('mqtt.session_lost', { detail: SESSION_LOST.detail, hint: SESSION_LOST.hint });
      context.isSessionLost = true;
      context.cancelLost?.();
      context.cancelLost = clock.after(SESSION_LOST_TOLD_MS, () => {
        context.isSessionLost = false;
        tell();
      });
    },
    received() {
      if (context.hasReceived) return;
      context.hasReceived = true;
      if (!context.isSilent) return;
      context.isSilent = false;
      tell();
    },
    commandsRefused(areRefused) {
      if (context.areCommandsRefused === areRefused) return;
      context.areCommandsRefused = areRefused;
      tell();
    },
    areCommandsRefused: () => context.areCommandsRefused,
    unsteady(why) {
      context.why = why;
      tell();
    },
    stop() {
      context.cancelSilent?.();
      context.cancelLost?.();
    },
  };
}

function tellWorst(context: StandingContext): void {
  const { health, url, version, why } = context;
  // One code: two boxes that throw each other out are told once, not at each turn.
  if (why) return health.set('degraded', why, 'unsteady');
  if (version === undefined) return;
  const worst = worstOf(context);
  if (worst) return health.set('degraded', worst);
  health.set('ok', tell('broker.connected', { url, version: version === 5 ? '5' : '3.1.1' }));
}

function worstOf(context: StandingContext): Refusal | undefined {
  if (context.wrong) return context.wrong;
  if (context.isSilent) return nothingCame(NOTHING_CAME_MINUTES);
  if (context.areCommandsRefused) return COMMANDS_REFUSED;
  return context.isSessionLost ? SESSION_LOST : undefined;
}
