/** Tests: a message to each address of a person, and a channel step by step; what was found at each stands below. */
import { type Signal, useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { ConnectionView } from '../../shapes/connections.ts';
import type { NotifyPersonView, NotifyTrialView } from '../../shapes/notify.ts';
import { Steps } from '../admin/connection-test.tsx';
import { api, ask, type Outcome, type Refusal } from '../call.ts';
import { Refused } from '../components.tsx';
import { StateIcon } from '../icons.tsx';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';
import { chainOf } from './person-draft.ts';

interface Trial<T> {
  readonly found: Signal<T | undefined>;
  readonly refused: Signal<Refusal | undefined>;
  readonly isBusy: Signal<boolean>;
  readonly run: () => void;
}

/** One at a time. */
function useTrial<T>(test: () => Promise<Outcome<T>>): Trial<T> {
  const found = useSignal<T | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  const isBusy = useSignal(false);
  const run = (): void => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    void test().then(({ value, refusal }) => {
      isBusy.value = false;
      found.value = value;
      refused.value = refusal;
    });
  };
  return { found, refused, isBusy, run };
}

interface TestProps<T> {
  readonly trial: Trial<T>;
  readonly label: string;
  readonly children: ComponentChildren;
}

function Test<T>({ trial: { refused, isBusy, run }, label, children }: TestProps<T>): JSX.Element {
  return (
    <div class="notify-test">
      <div class="tools">
        <button type="button" class="toggle" aria-disabled={isBusy.value} onClick={run}>
          {isBusy.value ? t('notify.testing') : label}
        </button>
      </div>
      <Refused refusal={refused.value} />
      <div role="status">{children}</div>
    </div>
  );
}

function testPerson(id: string, channel?: string): Promise<Outcome<{ items: NotifyTrialView[] }>> {
  const query = channel === undefined ? {} : { channel };
  return ask(api.notify.people[':id'].test.$post({ param: { id }, query }));
}

export function PersonTest({ person }: { person: string }): JSX.Element {
  const trial = useTrial(() => testPerson(person));
  const items = trial.found.value?.items;
  return (
    <Test trial={trial} label={t('notify.test.person')}>
      {items?.length === 0 ? <p>{t('notify.test.noAddress')}</p> : <Tried tried={items ?? []} />}
    </Test>
  );
}

interface Told extends NotifyTrialView {
  readonly who?: string;
}

function Tried({ tried }: { tried: readonly Told[] }): JSX.Element | null {
  if (tried.length === 0) return null;
  return (
    <ol class="test-steps">
      {tried.map(({ who, channel, to, isOk, answer, said, messageId }) => (
        <li key={messageId}>
          <strong>
            {isOk ? '✓ ' : <StateIcon mark="down" />} {who === undefined ? '' : `${who}: `}
            {t(`notify.channel.${channel}`)} {to}
          </strong>
          <span>
            {t(isOk ? 'notify.test.taken' : 'notify.test.refused', {
              answer: detailWords({ detail: answer, said }),
            })}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** The mail server is looked at without sending anything. */
export function MailTest(): JSX.Element {
  const trial = useTrial<ConnectionView>(() =>
    ask(api.connections[':name'].test.$post({ param: { name: 'mail' }, json: {} })),
  );
  return (
    <Test trial={trial} label={t('notify.test.mail')}>
      {trial.found.value ? <Steps report={trial.found.value} /> : null}
    </Test>
  );
}

/** A message to everybody who has an address behind it, one after the other, as the box tests one at a time. */
export function ChannelTest(props: {
  readonly chain: string;
  readonly people: readonly NotifyPersonView[];
}): JSX.Element {
  const { chain, people } = props;
  const reached = people.filter(({ addresses }) => addresses.some((one) => chainOf(one) === chain));
  const trial = useTrial(async (): Promise<Outcome<readonly Told[]>> => {
    const told: Told[] = [];
    for (const { id, name } of reached) {
      const { value, refusal } = await testPerson(id, chain);
      if (!value) return { refusal };
      told.push(...value.items.map((one) => ({ ...one, who: name })));
    }
    return { value: told };
  });
  if (reached.length === 0) return <p class="quiet">{t('notify.test.nobody')}</p>;
  return (
    <Test trial={trial} label={t('notify.test.channel', { count: reached.length })}>
      <Tried tried={trial.found.value ?? []} />
    </Test>
  );
}
