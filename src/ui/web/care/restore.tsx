/**
 * The way back: a backup of the box or one from a file, what is in it beside what it replaces, and only then the button. The
 * box does it at a new start; how it ended is told when it is there again.
 */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { BackupView, RestoreView } from '../../shapes/backups.ts';
import { api, ask, type Outcome } from '../call.ts';
import { Ago, ConfirmButton, Refused, Section } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { bytes, sentences } from '../format.ts';
import { StateIcon } from '../icons.tsx';
import { page, refine } from '../page.ts';
import { connection, siteZone } from '../site.ts';
import { t } from '../texts.ts';
import { detailWords, toldSentences } from '../told.ts';
import { held } from './held.ts';
import { type Polled, usePolled } from './polled.ts';
import { SendingShown, useSending } from './sending.tsx';

export function Restore({ backups }: { backups: readonly BackupView[] }): JSX.Element {
  const restore = usePolled(
    () => ask(api.restore.$get()),
    (now) => now?.state === 'checking' || now?.state === 'restarting',
  );
  const { of } = page.value;
  const chosen = backups.find(({ name }) => name === of)?.name;
  // The link at a backup names it in the address.
  useEffect(() => {
    if (chosen === undefined) return;
    refine('');
    void take(restore, ask(api.restore.preview.$post({ json: { backup: chosen } })));
    document.getElementById('restore')?.scrollIntoView();
  }, [chosen]);
  const { value, refusal } = restore;
  return (
    <Section id="restore" title={t('restore.title')}>
      <p class="detail">{t('restore.lead')}</p>
      <Last last={value.value?.last} />
      <FromFile restore={restore} />
      <Refused refusal={refusal.value} />
      {value.value ? <Found now={value.value} restore={restore} /> : null}
    </Section>
  );
}

async function take(restore: Polled<RestoreView>, asked: Promise<Outcome<RestoreView>>): Promise<void> {
  const { value, refusal } = await asked;
  if (value) restore.value.value = value;
  restore.look();
  restore.refusal.value = refusal;
}

/** How the last one ended, so that it is known after the start it came with. */
function Last({ last }: { last: RestoreView['last'] | undefined }): JSX.Element | null {
  if (!last) return null;
  const { name, ended, problems, aside } = last;
  const isDone = problems.length === 0;
  return (
    <p class={isDone ? 'detail' : 'hint note'}>
      {isDone ? null : <StateIcon mark="degraded" />}
      <span>
        {isDone
          ? t('restore.done', { name })
          : t('restore.refused', { name, why: sentences(...problems.map(detailWords)) })}{' '}
        {aside === undefined ? '' : t('restore.aside', { aside })} <Ago time={ended} />
      </span>
    </p>
  );
}

function FromFile({ restore }: { restore: Polled<RestoreView> }): JSX.Element {
  const sending = useSending('backup');
  const send = async (file: File): Promise<void> => {
    const sent = await sending.send(file);
    if (sent) await take(restore, ask(api.restore.preview.$post({ json: { upload: sent.id } })));
  };
  return (
    <>
      {sending.now.value ? (
        <SendingShown now={sending.now} />
      ) : (
        <label class="toggle file">
          {t('restore.file')}
          <input
            type="file"
            accept=".tar,application/x-tar"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              event.currentTarget.value = '';
              if (file) void send(file);
            }}
          />
        </label>
      )}
      <Refused refusal={sending.refused.value} />
    </>
  );
}

function Found({ now, restore }: { now: RestoreView; restore: Polled<RestoreView> }): JSX.Element | null {
  const { state, name = '', problem, preview, id } = now;
  if (state === 'checking') {
    return (
      <div role="status">
        <progress class="progress" aria-label={t('restore.checking', { name })} />
        <p class="detail">{t('restore.checking', { name })}</p>
      </div>
    );
  }
  if (state === 'restarting') {
    return (
      <p class="detail" role="status">
        {t(connection.value === 'lost' ? 'restore.away' : 'restore.restarting', { name })}
      </p>
    );
  }
  if (state === 'failed') return <Amiss words={problem ? toldSentences(problem) : ''} />;
  if (!preview || id === undefined) return null;
  return <Preview name={name} id={id} preview={preview} restore={restore} />;
}

interface PreviewProps {
  readonly name: string;
  readonly id: string;
  readonly preview: NonNullable<RestoreView['preview']>;
  readonly restore: Polled<RestoreView>;
}

function Preview({ name, id, preview, restore }: PreviewProps): JSX.Element {
  const { problems, objection, made, version, site, contents, here, hereProblem } = preview;
  const when = made === undefined ? '' : wholeTime(Date.parse(made), siteZone.value);
  const isNewer = (here?.newest ?? '') > (contents?.newest ?? '') && contents !== undefined;
  const go = (): void =>
    void take(
      restore,
      ask(api.restore.$post({ json: { id, ...(objection === undefined ? {} : { allowEmpty: true }) } })),
    );
  return (
    <div class="card preview">
      <h3>{name}</h3>
      <dl class="told">
        <Fact name="restore.site" text={site ?? t('restore.unknown')} />
        <Fact name="restore.made" text={when} />
        <Fact name="restore.version" text={version ?? t('restore.unknown')} />
        <Fact name="restore.size" text={bytes(preview.bytes)} />
        <Fact name="restore.holds" text={held(contents)} />
        <Fact
          name="restore.here"
          text={hereProblem === undefined ? held(here) : toldSentences(hereProblem)}
        />
      </dl>
      {problems.map((problem) => (
        <Amiss key={problem.detail} words={toldSentences(problem)} />
      ))}
      {objection === undefined ? null : <Amiss words={toldSentences(objection)} />}
      {isNewer ? <Amiss words={t('restore.newer')} /> : null}
      {preview.hasKey ? null : <Amiss words={t('restore.noKey')} />}
      <p class="detail">{t(preview.hasUsers ? 'restore.users' : 'restore.noUsers')}</p>
      <p class="detail">{t('restore.kept')}</p>
      {problems.length > 0 ? null : <ConfirmButton label={t('restore.go')} act={go} />}
    </div>
  );
}

function Fact({
  name,
  text,
}: {
  name:
    | 'restore.site'
    | 'restore.made'
    | 'restore.version'
    | 'restore.size'
    | 'restore.holds'
    | 'restore.here';
  text: string;
}): JSX.Element {
  return (
    <>
      <dt>{t(name)}</dt>
      <dd>{text}</dd>
    </>
  );
}

function Amiss({ words }: { words: string }): JSX.Element {
  return (
    <p class="hint note">
      <StateIcon mark="degraded" />
      <span>{words}</span>
    </p>
  );
}
