/** A test message to each address of a person, now and beside what waits; its proof is kept as that of any other. */
import type { NotifyAddress, NotifyPerson } from '../model/notify.ts';
import type { NotifyRefusal, NotifyTrial } from '../model/notify-service.ts';
import { tell } from '../model/said.ts';
import { addressText, chainOf } from './addresses.ts';
import { answered, type SendOutcome } from './channels/channel.ts';
import type { NotifierOptions } from './options.ts';
import { lineOf } from './plan/recipients.ts';
import type { MessageContent } from './plan/state.ts';
import type { SendContext } from './sender.ts';

type Trying = Pick<
  SendContext,
  'nowMs' | 'renderer' | 'newMessageId' | 'site' | 'pageOf' | 'proofs' | 'commit' | 'state'
> & {
  readonly wakeup: { readonly signal: AbortSignal };
};

export interface Trials {
  run(
    context: Trying,
    person: NotifyPerson,
    channel?: string,
  ): Promise<readonly NotifyTrial[] | NotifyRefusal>;
}

/** One at a time: each makes connections to servers of others. */
export function createTrials({ senders }: Pick<NotifierOptions, 'senders'>): Trials {
  let isTrying = false;
  return {
    async run(context, person, channel) {
      if (isTrying)
        return { refused: 'busy', detail: 'Another test is under way. Try again in a few seconds.' };
      isTrying = true;
      try {
        const tried = person.addresses.filter(
          (address) => channel === undefined || chainOf(address) === channel,
        );
        return await Promise.all(tried.map((address) => tryOne(context, senders, person, address)));
      } finally {
        isTrying = false;
      }
    },
  };
}

async function tryOne(
  context: Trying,
  senders: NotifierOptions['senders'],
  person: NotifyPerson,
  address: NotifyAddress,
): Promise<NotifyTrial> {
  const nowMs = context.nowMs();
  const messageId = context.newMessageId();
  const news = {
    raised: 0,
    cleared: 0,
    over: 0,
    byPriority: {},
    items: [],
    firstMs: nowMs,
    lastMs: nowMs,
    firstSeq: 0,
    lastSeq: 0,
  };
  const content: MessageContent = { kind: 'test', news, active: 0 };
  const words = (await context.renderer())(content, person, nowMs);
  const sender = senders.get(chainOf(address));
  const outgoing = {
    ...{ messageId, madeMs: nowMs, content, address, personName: person.name },
    ...{ ...words, site: context.site, page: context.pageOf() },
  };
  const { signal } = context.wakeup;
  let outcome: SendOutcome = sender
    ? await sender.send(outgoing, signal)
    : { kind: 'refused', ...answered(tell('notify.unknownChannel', { channel: chainOf(address) })) };
  // A relay that was switched on by a test goes off again, but for one that an alarm keeps on, or begins to meanwhile.
  const isWanted = (): boolean => {
    const line = context.state.lines.get(lineOf(person.id, address));
    return line?.level === 'on' || line?.current?.content.kind === 'on';
  };
  if (address.channel === 'downlink' && sender && outcome.kind === 'sent' && !isWanted())
    outcome = await sender.send({ ...outgoing, content: { ...content, kind: 'off' } }, signal);
  const isOk = outcome.kind === 'sent';
  const { answer, said } = outcome;
  const { channel } = address;
  const to = addressText(address);
  context.proofs.add({
    ...{
      timeMs: context.nowMs(),
      outcome: isOk ? 'sent' : 'failed',
      person: person.id,
      personName: person.name,
    },
    ...{
      channel,
      to,
      messageId,
      subject: words.subject,
      answer,
      said,
      alarms: 0,
      ageMs: 0,
      attempts: 1,
      isTest: true,
    },
  });
  await context.commit();
  return { channel, to, isOk, answer, said, messageId };
}
