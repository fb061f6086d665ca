/** Sensible rules that are not yet the site's: each with why one wants it, taken with a touch. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { AlarmRuleView } from '../../shapes/alarms.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { Refused } from '../components.tsx';
import { devices } from '../site.ts';
import { t } from '../texts.ts';
import { detailWords } from '../told.ts';

interface SuggestedProps {
  readonly rules: readonly AlarmRuleView[];
  readonly taken: () => Promise<void>;
}

type Offered = Awaited<ReturnType<typeof offered>>[number];

/** Of the site, and of each profile that its devices have. */
async function offered() {
  const profiles = new Set(devices.peek().map(({ value }) => value.profile));
  const asked = [undefined, ...profiles].map((profile) =>
    ask(api['alarm-rules'].suggested.$get({ query: profile ? { profile } : {} })),
  );
  const all = (await Promise.all(asked)).flatMap(({ value }) => value?.items ?? []);
  return [...new Map(all.map((rule) => [rule.id, rule])).values()];
}

/** A rule is the site's once it is taken, in the language of whoever took it. */
function inOwnWords(rule: Offered): Offered {
  const { key, values } = rule.said;
  const own: Partial<Record<(typeof WORDED)[number], string>> = {};
  for (const member of WORDED) {
    const detail = rule[member];
    const said = [{ key: `${key}.${member}`, values }];
    if (detail !== undefined) own[member] = detailWords({ detail, said }) || detail;
  }
  return { ...rule, ...own };
}

const WORDED = ['name', 'why', 'cause', 'consequence', 'action'] as const;

export function Suggested({ rules, taken }: SuggestedProps): JSX.Element | null {
  const list = useSignal<readonly Offered[]>([]);
  const refused = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    void offered().then((found) => {
      list.value = found;
    });
  }, []);
  const take = async (wanted: readonly Offered[]): Promise<void> => {
    for (const { id, why: _why, said: _said, ...json } of wanted) {
      const put = api['alarm-rules'][':id'].$put(
        { param: { id }, json },
        { headers: { 'if-none-match': '*' } },
      );
      refused.value = await tell(put);
      if (refused.value) break;
    }
    await taken();
  };
  const open = list.value.filter(({ id }) => !rules.some((rule) => rule.id === id)).map(inOwnWords);
  if (open.length === 0) return null;
  return (
    <details class="section" open={rules.length === 0}>
      <summary>{t('alarm.suggested', { count: open.length })}</summary>
      <div class="tools">
        <button type="button" class="toggle" onClick={() => void take(open)}>
          {t('alarm.suggested.all')}
        </button>
      </div>
      <Refused refusal={refused.value} />
      <ul class="rows">
        {open.map((rule) => (
          <li key={rule.id} class="row">
            <strong>{rule.name}</strong>
            <button
              type="button"
              class="toggle"
              aria-label={t('alarm.suggested.takeOne', { name: rule.name })}
              onClick={() => void take([rule])}
            >
              {t('alarm.suggested.take')}
            </button>
            <span class="why quiet">{rule.why}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
