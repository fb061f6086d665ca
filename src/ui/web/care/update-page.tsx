/** An update from a file: brought, its signature shown, and only then put in place; how the last one ended. */
import type { JSX } from 'preact';
import type { UpdateView } from '../../shapes/update.ts';
import { api, ask, type Outcome } from '../call.ts';
import { Ago, ConfirmButton, Refused, Section, SubPage } from '../components.tsx';
import { bytes } from '../format.ts';
import { StateIcon } from '../icons.tsx';
import { connection } from '../site.ts';
import { t } from '../texts.ts';
import { toldSentences } from '../told.ts';
import { type Polled, usePolled } from './polled.ts';
import { SendingShown, useSending } from './sending.tsx';

export function UpdatePage(): JSX.Element {
  const update = usePolled(
    () => ask(api.update.$get()),
    (now) => now?.begun === true || now?.pending !== undefined,
    { busyMs: 2_000 },
  );
  const now = update.value.value;
  return (
    <SubPage title={t('update.title')}>
      <Refused refusal={connection.value === 'lost' ? undefined : update.refusal.value} />
      {now ? (
        <>
          <p>{t('update.runs', { version: now.version, commit: now.commit, arch: now.arch })}</p>
          <p class="detail">{t(now.byRequest ? 'update.place.byRequest' : `update.place.${now.place}`)}</p>
          {now.refused ? (
            <p class="hint note">
              <StateIcon mark="degraded" />
              <span>
                {t('update.refused')} {toldSentences(now.refused)}
              </span>
            </p>
          ) : null}
          <Last last={now.last} />
          {now.begun || now.pending ? <UnderWay now={now} /> : <Bring now={now} update={update} />}
        </>
      ) : null}
    </SubPage>
  );
}

function Last({ last }: { last: UpdateView['last'] }): JSX.Element | null {
  if (!last) return null;
  const { kind, from, to, reason, said, ended } = last;
  return (
    <p class={kind === 'taken_back' ? 'hint note' : 'detail'}>
      {kind === 'taken_back' ? <StateIcon mark="degraded" /> : null}
      <span>
        {t(`update.last.${kind}`, { from, to })}{' '}
        {kind === 'taken_back' ? toldSentences({ detail: reason, said }) : ''} <Ago time={ended} />
      </span>
    </p>
  );
}

function UnderWay({ now }: { now: UpdateView }): JSX.Element {
  return (
    <div role="status">
      <p>{t(connection.value === 'lost' ? 'update.away' : 'update.underWay')}</p>
      {now.log === undefined ? null : <pre class="written">{now.log}</pre>}
    </div>
  );
}

function Bring({ now, update }: { now: UpdateView; update: Polled<UpdateView> }): JSX.Element {
  const sending = useSending('update');
  const { refused } = sending;
  const take = async (asked: Promise<Outcome<UpdateView>>): Promise<void> => {
    const { value, refusal } = await asked;
    if (value) update.value.value = value;
    refused.value = refusal;
    update.look();
  };
  const bring = async (files: readonly File[]): Promise<void> => {
    const signature = files.find(({ name }) => name.endsWith('.sig'));
    const program = files.find((file) => file !== signature);
    if (!program || !signature) {
      refused.value = { code: 'pair', detail: t('update.pair') };
      return;
    }
    const sent = await sending.send(program);
    if (!sent) return;
    const json = { upload: sent.id, signature: await signature.text() };
    await take(ask(api.update.check.$post({ json })));
  };
  const { candidate } = now;
  const begin = (): void => {
    if (!candidate) return;
    const json = { sha256: candidate.sha256, ...(candidate.order < 0 ? { allowOlder: true } : {}) };
    void take(ask(api.update.$post({ json })));
  };
  if (!now.canCheck) return <p class="hint">{t('update.noKey')}</p>;
  return (
    <>
      {sending.now.value ? (
        <SendingShown now={sending.now} />
      ) : (
        <label class="toggle file">
          {t('update.file')}
          <input
            type="file"
            multiple
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = '';
              void bring(files);
            }}
          />
        </label>
      )}
      <Refused refusal={refused.value} />
      {candidate ? <Candidate candidate={candidate} now={now} begin={begin} /> : null}
    </>
  );
}

interface CandidateProps {
  readonly candidate: NonNullable<UpdateView['candidate']>;
  readonly now: Pick<UpdateView, 'place' | 'byRequest'>;
  readonly begin: () => void;
}

function Candidate({ candidate, now, begin }: CandidateProps): JSX.Element {
  const { version, commit, arch, size, sha256, order, file } = candidate;
  return (
    <Section id="candidate" title={t('update.candidate', { version })}>
      <p class="detail">
        <StateIcon mark="ok" /> {t('update.signed')}
      </p>
      <p class="detail mono written">
        {version} ({commit}) linux-{arch}, {bytes(size)}
        <br />
        SHA-256 {sha256}
      </p>
      {order < 0 ? (
        <p class="hint note">
          <StateIcon mark="degraded" />
          <span>{t('update.older')}</span>
        </p>
      ) : null}
      {order === 0 ? <p class="detail">{t('update.same')}</p> : null}
      {now.place === 'plain' || (now.byRequest && order >= 0) ? (
        <>
          <p class="detail">{t('update.how')}</p>
          <ConfirmButton label={t('update.go')} act={begin} />
        </>
      ) : (
        <>
          <p class="detail">{t('update.byHand')}</p>
          <pre class="written mono">{`sudo webscada-edge upgrade --file ${file}${order < 0 ? ' --allow-older' : ''}`}</pre>
        </>
      )}
    </Section>
  );
}
