/**
 * Takes the centre's commands for as long as the box runs, over a connection of its own: one that waits for a command does not hold
 * up records, and the other way round. Without a centre, or where the site allows no kind, there is no connection.
 */
import type { CentreConfig } from '../../../config/schema.ts';
import { backoffMs } from '../../../model/backoff.ts';
import type { CommandKind } from '../../../model/command.ts';
import { createHealth, type Health } from '../../../model/health.ts';
import type { Line } from '../../../model/line.ts';
import { tell, tellAll } from '../../../model/said.ts';
import type { AnsweredCommand, CommandsStatus } from '../../../model/status.ts';
import { createWakeup, type Wakeup } from '../../../model/wakeup.ts';
import type { Part, World } from '../../../model/world.ts';
import type { Notes, Store } from '../../../store/contract.ts';
import { siteKeys } from '../../keys.ts';
import { isConfigured } from '../central-sync.ts';
import { CentreFault } from '../fault.ts';
import { LIMITS } from '../limits.ts';
import { overLine } from '../over-line.ts';
import type { Client } from '../redis-client.ts';
import { answerResult, type CommandContext, execute } from './execute.ts';
import { type CommandInbox, createCommandInbox } from './inbox.ts';
import { createCommandJournal } from './journal.ts';
import { createLastingCommands, type LastingCommand, type LastingCommands } from './lasting.ts';
import { resend } from './resend.ts';
import {
  putSettings,
  type SettableSettings,
  type SettingsPutContext,
  settingsOutcome,
} from './settings-put.ts';
import type { CommandPorts } from './table.ts';
import { type TakeVersionContext, takeVersion, type Versions, versionOutcome } from './take-version.ts';

export interface CommandServiceOptions {
  readonly store: Pick<Store, 'commit' | 'synced' | 'storeId' | 'log' | 'epoch'> & { readonly notes: Notes };
  readonly config: CentreConfig;
  readonly site: string;
  readonly ports: Omit<CommandPorts, 'resend' | 'putSettings' | 'takeVersion'>;
  /** Absent where settings cannot be changed. */
  readonly settings?: SettableSettings | undefined;
  /** Absent where the program cannot be exchanged. */
  readonly versions?: Versions | undefined;
  /** The connection for records works. */
  readonly recordsGo: () => boolean;
  /** Records wait for the centre that were never sent. */
  readonly isBusy: () => boolean;
  /** Now, epoch milliseconds; undefined while the box does not know the time. */
  readonly ownTime: () => number | undefined;
  readonly world: World;
  /** That a rehearsal may cut. */
  readonly line?: Line;
  /** How long one question waits for a command; shorter in tests. */
  readonly waitMs?: number;
}

/** One request a minute on a quiet line, and a command comes at once. */
const WAIT_MS = 60_000;
/** Between two commands: whoever writes many does not keep the box from its work. */
const PACE_MS = 50;
const RETRY = { minMs: 1_000, maxMs: 60_000 };
/** Only a person can mend it. */
const SLOW_MS = 600_000;

interface ServiceContext extends Omit<CommandContext, 'ports' | 'fromEarlierLife'> {
  readonly lasting: LastingCommands;
  /** Of what was begun in an earlier life: resolves when it is over. */
  earlier: { readonly id: string; readonly isOver: Promise<void> } | undefined;
  readonly options: CommandServiceOptions;
  readonly wakeup: Wakeup;
  /** Resolves to false at the stop. */
  readonly stopped: Promise<boolean>;
  /** The last session ended at an entry that cannot be read. */
  isPoisoned: boolean;
  attempts: number;
  readonly health: Health;
  answered: Pick<CommandsStatus, 'done' | 'refused' | 'last'>;
}

export interface CommandService extends Part {
  status(): CommandsStatus;
}

export function createCommandService(options: CommandServiceOptions): CommandService {
  const { store, config, ownTime, world } = options;
  const allowed: readonly CommandKind[] = config.commands;
  const wakeup = createWakeup(world.clock);
  const isWanted = allowed.length > 0 && isConfigured(config);
  const context: ServiceContext = {
    ...{ options, allowed, store, ownTime, world },
    journal: createCommandJournal(store),
    lasting: createLastingCommands(store),
    earlier: undefined,
    wakeup,
    stopped: atStop(wakeup),
    isPoisoned: false,
    attempts: 0,
    answered: { done: 0, refused: 0 },
    health: isWanted
      ? createHealth(world, 'centre.commands', 'connecting', tell('centre.notYet'))
      : createHealth(world, 'centre.commands', 'not_configured', tell('commands.off')),
  };
  let running: Promise<void> | undefined;
  return {
    async start() {
      if (!context.wakeup.stopped()) followUp(context);
      if (isWanted && !context.wakeup.stopped()) running ??= run(context);
    },
    async stop() {
      context.wakeup.stop();
      await running;
    },
    status: () => ({ ...context.health.get(), ...context.answered }),
  };
}

/** What an earlier life began is answered by this one, with or without a line to the centre. */
function followUp(context: ServiceContext): void {
  const { lasting, world, wakeup } = context;
  const noted = lasting.current();
  if (!noted) return;
  const isOver = endLasting(context, noted).catch((error: unknown) => {
    if (!wakeup.stopped()) world.logger.error('centre.command_failed', { error: String(error) });
  });
  context.earlier = { id: noted.id, isOver };
}

async function endLasting(context: ServiceContext, noted: LastingCommand): Promise<void> {
  const { lasting, journal } = context;
  const [settings, versions] = [settingsPutOf(context), takeVersionOf(context)];
  const result =
    noted.kind === 'settings-put'
      ? settings && (await settingsOutcome(settings, noted))
      : versions && (await versionOutcome(versions, noted));
  if (result && journal.of(noted.id) !== 'answered')
    context.answered = withAnswer(context.answered, await answerResult(context, noted, result));
  await lasting.forget();
}

function settingsPutOf(context: ServiceContext): SettingsPutContext | undefined {
  const { options, lasting, world, wakeup, health } = context;
  const { settings, recordsGo } = options;
  const isCentreReached = (): boolean => health.get().state === 'ok' && recordsGo();
  return settings && { ...settings, lasting, world, wakeup, isCentreReached };
}

function takeVersionOf({ options, lasting, world, wakeup }: ServiceContext): TakeVersionContext | undefined {
  const { versions } = options;
  return versions && { versions, lasting, world, wakeup };
}

async function run(context: ServiceContext): Promise<void> {
  const { wakeup, world } = context;
  while (!wakeup.stopped()) {
    const fault = await session(context);
    if (wakeup.stopped()) return;
    noteFault(context, fault);
    const delayMs = fault.patience === 'slow' ? SLOW_MS : backoffMs(context.attempts, RETRY, world.random);
    context.attempts += 1;
    await wakeup.sleep(context.isPoisoned ? RETRY.minMs : delayMs);
  }
}

/** That the line is down the records' connection says; what a person has to mend is said here, since records may go on. */
function noteFault({ health, world }: ServiceContext, { code, message, told, patience }: CentreFault): void {
  if (patience === 'slow') health.set('degraded', tellAll([tell('commands.unreadable'), told]), code);
  else if (health.get().state !== 'degraded') health.set('connecting', told);
  world.logger.debug('centre.commands_line', { code, problem: message });
}

/** One connection, to its end. Gives the reason it ended; never throws. */
async function session(context: ServiceContext): Promise<CentreFault> {
  const { options, wakeup, world } = context;
  const { config, site, store, waitMs = WAIT_MS } = options;
  const limits = { ...LIMITS, commandTimeoutMs: waitMs + LIMITS.commandTimeoutMs };
  let client: Client | undefined;
  try {
    client = await overLine(options.line)(config, limits, context.attempts, wakeup.signal, world.clock);
    const keys = siteKeys(config.streamPrefix, site);
    const ports = portsOver(context, client, keys.again);
    const inbox = createCommandInbox(client, keys.commands, `store-${store.storeId()}`);
    await inbox.prepare();
    context.health.set('ok', tell('commands.taken'));
    if (context.isPoisoned) await passOver(commandContext(context, ports), inbox);
    context.isPoisoned = false;
    while (!wakeup.stopped()) {
      const entry = await inbox.next(waitMs);
      context.attempts = 0;
      context.health.set('ok', tell('commands.taken'));
      if (!entry) continue;
      // What is under way at a stop is not waited for: it has not been acknowledged, and comes again.
      const executed = execute(commandContext(context, ports), entry, entry.wasElsewhere).then((answered) => {
        if (answered) context.answered = withAnswer(context.answered, answered);
        return true;
      });
      if (!(await Promise.race([executed, context.stopped]))) break;
      await inbox.done(entry.entryId);
      await wakeup.sleep(PACE_MS);
    }
    return client.reason();
  } catch (error) {
    if (!(error instanceof CentreFault)) return ownFault(context, error);
    context.isPoisoned = error.code === 'REPLY' && !context.isPoisoned;
    return error;
  } finally {
    client?.close();
  }
}

function commandContext(context: ServiceContext, ports: CommandPorts): CommandContext {
  const { earlier } = context;
  const fromEarlierLife = async (id: string) => (earlier?.id === id ? earlier.isOver : undefined);
  return { ...context, ports, fromEarlierLife };
}

function withAnswer(before: ServiceContext['answered'], last: AnsweredCommand): ServiceContext['answered'] {
  return { ...before, [last.state]: before[last.state] + 1, last };
}

/** What commands may ask for, with this connection for what goes to the centre. */
function portsOver(service: ServiceContext, client: Client, stream: string): CommandPorts {
  const { options, wakeup } = service;
  const { store, isBusy, world } = options;
  let hasEnded = false;
  client.onEnd(() => {
    hasEnded = true;
  });
  const isOver = () => hasEnded || wakeup.stopped();
  const context = { client, stream, store, isBusy, isOver, clock: world.clock };
  return {
    ...options.ports,
    resend: (range) => resend(context, range),
    async putSettings(id, changes) {
      const settings = settingsPutOf(service);
      if (settings) return putSettings(settings, id, changes);
      return { ok: false, code: 'settings', reason: 'the settings of this box cannot be changed' };
    },
    async takeVersion(id, version) {
      const versions = takeVersionOf(service);
      if (versions) return takeVersion(versions, id, version);
      return { ok: false, code: 'no_unit', reason: 'the program of this box cannot be exchanged from here' };
    },
  };
}

/** Resolves to false at the stop. */
function atStop({ signal }: Wakeup): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(false);
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
}

/** An entry larger than any reply may be would end every connection: it is refused unseen. */
async function passOver(context: CommandContext, inbox: CommandInbox): Promise<void> {
  const entryId = await inbox.firstPending();
  if (entryId === undefined) return;
  await execute(context, { entryId, fields: ['v', '1', 'body', ' '.repeat(1_000_000)] }, false);
  await inbox.done(entryId);
}

function ownFault({ world }: ServiceContext, error: unknown): CentreFault {
  const detail = error instanceof Error ? error.message : String(error);
  world.logger.error('centre.commands_internal', { detail });
  return new CentreFault('INTERNAL', tell('commands.internal', { error: detail }));
}
