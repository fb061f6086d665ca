/** A relay or a buzzer whose person is gone, or has another one: what was switched on goes off. */
import { afterEach, expect, test } from 'vitest';
import type { NotifyPersonInput } from '../../src/model/notify.ts';
import type { ChannelSender } from '../../src/notify/channels/channel.ts';
import { ADA, type TellingSite, tellingSite } from './telling-site.ts';

const HORN: NotifyPersonInput = {
  ...ADA,
  addresses: [
    { channel: 'downlink', device: '00000000000000aa', fPort: 1, on: { data: '01' }, off: { data: '00' } },
  ],
};

const PATIENT = { timeout: 20_000 };

let telling: TellingSite | undefined;
afterEach(async () => {
  await telling?.stop();
});

function horn(outcome: () => Awaited<ReturnType<ChannelSender['send']>>) {
  const said: string[] = [];
  const sender: ChannelSender = {
    async send({ content, address }) {
      const ended = outcome();
      if (address.channel === 'downlink')
        said.push(`${address.device.slice(-2)} ${content.kind} ${ended.kind}`);
      return ended;
    },
  };
  return { said, senders: new Map([['downlink', sender]]) };
}

test('goes off when its address is taken out, and is forgotten then', async () => {
  const { said, senders } = horn(() => ({ kind: 'sent', answer: 'queued' }));
  telling = await tellingSite({ person: HORN, senders });
  const { notify, store } = telling;
  await telling.raise('tank-1');
  await expect.poll(() => said, PATIENT).toEqual(['aa on sent']);
  notify.put('person', 'ada', ADA, 1, 'user root');
  await expect.poll(() => said, PATIENT).toEqual(['aa on sent', 'aa off sent']);
  const lines = () => [...store.kept('notify').keys()].filter((key) => key.includes('downlink'));
  await expect.poll(() => lines(), PATIENT).toEqual([]);
  await telling.raise('tank-2');
  expect(said).toHaveLength(2);
});

test('a test switches off only what the test has switched on', async () => {
  const { said, senders } = horn(() => ({ kind: 'sent', answer: 'queued' }));
  telling = await tellingSite({ person: HORN, senders });
  await expect.poll(() => telling?.notify.test('ada'), PATIENT).toMatchObject([{ isOk: true }]);
  expect(said).toEqual(['aa test sent', 'aa off sent']);
  await telling.raise('tank-1');
  await expect.poll(() => said.at(-1), PATIENT).toBe('aa on sent');
  await telling.notify.test('ada');
  expect(said.at(-1)).toBe('aa test sent');
});

test('stays on when the address comes back before it could be switched off', async () => {
  let answer: Awaited<ReturnType<ChannelSender['send']>> = { kind: 'sent', answer: 'queued' };
  const { said, senders } = horn(() => answer);
  telling = await tellingSite({ person: HORN, senders });
  const { notify } = telling;
  await telling.raise('tank-1');
  await expect.poll(() => said, PATIENT).toEqual(['aa on sent']);
  answer = { kind: 'retry', answer: 'no session', isOfChannel: false, maybeArrived: false };
  notify.put('person', 'ada', ADA, 1, 'user root');
  await expect.poll(() => said, PATIENT).toContain('aa off retry');
  notify.put('person', 'ada', HORN, 2, 'user root');
  answer = { kind: 'sent', answer: 'queued' };
  await telling.say('acknowledged', 'tank-1', { state: 'acknowledged' });
  await expect.poll(() => said.at(-1), PATIENT).toBe('aa off sent');
});

test('one whose device is gone too is given up after some refusals', async () => {
  let isGone = false;
  const { said, senders } = horn(() =>
    isGone ? { kind: 'refused', answer: 'there is no device' } : { kind: 'sent', answer: 'queued' },
  );
  telling = await tellingSite({ person: HORN, senders });
  const { notify, store } = telling;
  await telling.raise('tank-1');
  await expect.poll(() => said, PATIENT).toEqual(['aa on sent']);
  isGone = true;
  notify.put('person', 'ada', ADA, 1, 'user root');
  const lines = () => [...store.kept('notify').keys()].filter((key) => key.includes('downlink'));
  await expect.poll(() => lines(), PATIENT).toEqual([]);
  expect(said.filter((one) => one === 'aa off refused')).toHaveLength(5);
});
