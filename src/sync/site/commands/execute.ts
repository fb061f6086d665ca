/**
 * One command from the stream to its answers: read, judged, begun, done. Every answer is a record of the log, so it reaches the
 * centre once and in order like everything else; what has been answered is not done again.
 */
import {
  COMMAND_EVENT,
  COMMAND_KINDS,
  type CommandAnswer,
  type CommandKind,
} from '../../../model/command.ts';
import type { AnsweredCommand } from '../../../model/status.ts';
import { cut } from '../../../model/text.ts';
import type { World } from '../../../model/world.ts';
import type { Store } from '../../../store/contract.ts';
import { CentreFault } from '../fault.ts';
import { type Command, type CommandEntry, type RefusedCommand, readCommand } from './command.ts';
import type { CommandResult } from './command-result.ts';
import type { CommandJournal } from './journal.ts';
import { COMMANDS, type CommandPorts } from './table.ts';

export interface CommandContext {
  readonly ports: CommandPorts;
  /** Kinds this site lets the centre ask for. */
  readonly allowed: readonly CommandKind[];
  readonly journal: CommandJournal;
  /** Resolves when what was begun under this id in an earlier life of the box is over, at once when nothing was. */
  readonly fromEarlierLife: (id: string) => Promise<void>;
  readonly store: Pick<Store, 'commit'>;
  /** Now, epoch milliseconds; undefined while the box does not know the time. */
  readonly ownTime: () => number | undefined;
  /** For the records, whatever the clock says. */
  readonly world: World;
}

/** A backup to a share that hangs must not keep the next command waiting for hours. */
const LONGEST_MS = 900_000;
const LATE: CommandResult = {
  ok: false,
  code: 'late',
  reason: 'it takes longer than 15 minutes and goes on; how it ended is in the status of the box',
};
const MAX_REASON = 1_000;
const MAX_RESULT_BYTES = 16 * 1024;

type Refusal = Extract<CommandResult, { ok: false }>;

/**
 * `wasElsewhere`: it was given to another box of this site before. Resolves when it may be acknowledged, to how it was answered, if it
 * was not before; rejects when the disk refuses.
 */
export async function execute(
  context: CommandContext,
  entry: CommandEntry,
  wasElsewhere: boolean,
): Promise<AnsweredCommand | undefined> {
  const { journal, world } = context;
  const command = readCommand(entry);
  await context.fromEarlierLife(command.id);
  const before = journal.of(command.id);
  if (before === 'answered') {
    world.logger.debug('centre.command_again', { id: command.id });
    return undefined;
  }
  const refusal = judge(context, command, before === 'begun' || wasElsewhere);
  if (refusal)
    return answer(context, command, { state: 'refused', code: refusal.code, reason: refusal.reason });
  await journal.note(command.id, 'begun');
  if (before === undefined) await tell(context, command, { state: 'accepted' });
  return answerResult(context, command, await run(context, command as Command));
}

/** The last answer of a command that was begun. */
export function answerResult(
  context: Pick<CommandContext, 'journal' | 'store' | 'world'>,
  command: Pick<Command, 'id' | 'kind'>,
  result: CommandResult,
): Promise<AnsweredCommand> {
  if (!result.ok)
    return answer(context, command, { state: 'refused', code: result.code, reason: result.reason });
  return answer(context, command, { state: 'done', ...bounded(result.result) });
}

function judge(
  { allowed, ownTime }: CommandContext,
  command: Command | RefusedCommand,
  isAgain: boolean,
): Refusal | undefined {
  const refuse = (code: string, reason: string): Refusal => ({ ok: false, code, reason });
  if ('refused' in command) return { ok: false, ...command.refused };
  const kind = COMMAND_KINDS.find((known) => known === command.kind);
  if (!kind) return refuse('unknown_kind', `this box knows ${COMMAND_KINDS.join(', ')}`);
  if (!allowed.includes(kind))
    return refuse(
      'not_allowed',
      `this site does not let its centre do this: centre.commands in its settings has no ${kind}`,
    );
  if (isAgain && !COMMANDS[kind].repeats)
    return refuse(
      'interrupted',
      'the box was interrupted while it did this: whether it was done is not known; look, and send it anew under another id',
    );
  if (command.expiresMs === undefined) return undefined;
  const nowMs = ownTime();
  if (nowMs === undefined)
    return refuse('clock', 'the box does not know the time, and the command has an end');
  return command.expiresMs <= nowMs ? refuse('expired', 'it came after its end') : undefined;
}

async function run({ ports, world }: CommandContext, command: Command): Promise<CommandResult> {
  let cancel = () => {};
  const spec = COMMANDS[command.kind as CommandKind];
  const late = new Promise<CommandResult>((resolve) => {
    cancel = world.clock.after(spec.longestMs ?? LONGEST_MS, () => resolve(LATE));
  });
  try {
    return await Promise.race([spec.run(ports, command), late]);
  } catch (error) {
    // The line ended under it: it comes again.
    if (error instanceof CentreFault) throw error;
    world.logger.error('centre.command_failed', { kind: command.kind, error: String(error) });
    return { ok: false, code: 'internal', reason: 'it failed here; the log of the box says more' };
  } finally {
    cancel();
  }
}

/** The last answer, and that it was given. */
async function answer(
  context: Pick<CommandContext, 'journal' | 'store' | 'world'>,
  command: Pick<Command, 'id' | 'kind'>,
  said: Pick<CommandAnswer, 'code' | 'reason' | 'result'> & Pick<AnsweredCommand, 'state'>,
): Promise<AnsweredCommand> {
  await tell(context, command, said);
  await context.journal.note(command.id, 'answered');
  const { state, code } = said;
  const atMs = context.world.clock.nowMs();
  return { kind: command.kind, state, ...(code === undefined ? {} : { code }), atMs };
}

async function tell(
  { store, world }: Pick<CommandContext, 'store' | 'world'>,
  { id, kind }: Pick<Command, 'id' | 'kind'>,
  { reason, ...said }: Pick<CommandAnswer, 'state' | 'code' | 'reason' | 'result'>,
): Promise<void> {
  const told = reason === undefined ? said : { ...said, reason: cut(reason, MAX_REASON) };
  const body: CommandAnswer = { event: COMMAND_EVENT, id, command: kind, by: 'centre', ...told };
  const { result: _, event: __, ...shown } = body;
  world.logger.info('centre.command', shown);
  const record = { kind: 'system', timeMs: world.clock.nowMs(), device: null, body: { ...body } } as const;
  await store.commit({ records: [record], urgent: true });
}

function bounded(result: unknown): { readonly result?: unknown } {
  if (result === undefined) return {};
  return JSON.stringify(result).length <= MAX_RESULT_BYTES ? { result } : { result: { tooLarge: true } };
}
