/** Rules as a file: taken along, and brought from another box. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { maySetUp } from '../access.ts';
import { api, ask, type Refusal } from '../call.ts';
import { Refused } from '../components.tsx';
import { t } from '../texts.ts';

export function RuleFile({ imported }: { imported: () => Promise<void> }): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const said = useSignal('');
  const bring = async (file: File): Promise<void> => {
    const json = readRules(await file.text());
    if (!json) {
      refused.value = { code: 'no-json', detail: t('alarm.file.noJson') };
      return;
    }
    const { value, refusal } = await ask(api['alarm-rules'].import.$post({ query: { mode: 'merge' }, json }));
    refused.value = refusal;
    said.value = value ? t('alarm.file.done', { ...value }) : '';
    if (value) await imported();
  };
  return (
    <>
      <div class="tools">
        <a class="toggle" href="/api/v1/alarm-rules/export" download>
          {t('alarm.file.save')}
        </a>
        {maySetUp.value ? (
          <label class="toggle file">
            {t('alarm.file.bring')}
            <input
              type="file"
              accept=".json,application/json"
              onChange={({ currentTarget }) => {
                const file = currentTarget.files?.[0];
                currentTarget.value = '';
                if (file) void bring(file);
              }}
            />
          </label>
        ) : null}
      </div>
      <p role="status" class="detail">
        {said.value}
      </p>
      <Refused refusal={refused.value} />
    </>
  );
}

type Rules = Parameters<(typeof api)['alarm-rules']['import']['$post']>[0]['json'];

/** What the file says; the box judges it. Undefined where it is no JSON. */
function readRules(text: string): Rules | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
