/** The codecs of the site: a list, and for each one its script, a place to try it with bytes, and who uses it. */
import { type Signal, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { CodecView } from '../shapes/codecs.ts';
import { maySetUp } from './access.ts';
import { api, ask, type Refusal, tell } from './call.ts';
import { CodecTrial } from './codec-trial.tsx';
import { Refused, SubPage } from './components.tsx';
import { duration } from './format.ts';
import { focusLeft, hrefOf } from './page.ts';
import { devices } from './site.ts';
import { t } from './texts.ts';
import { detailWords } from './told.ts';

/** Stands for a script that has no name yet; no codec can be called so. */
const NEW = '+';

/** Scripts changed and not saved, by codec: a look elsewhere loses nothing. */
const drafts = new Map<string, string>();

export function CodecPages({ of }: { of: string }): JSX.Element {
  return of === '' ? <CodecList /> : <CodecPage key={of} name={of} />;
}

function CodecList(): JSX.Element {
  const list = useSignal<readonly CodecView[] | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    ask(api.codecs.$get()).then(
      ({ value, refusal }) => {
        list.value = value?.items;
        refused.value = refusal;
      },
      () => {},
    );
  }, []);
  const isThere = list.value !== undefined;
  useEffect(() => {
    if (isThere) focusLeft();
  }, [isThere]);
  return (
    <SubPage title={t('codecs.title')}>
      <p class="lead">{t('codecs.lead')}</p>
      <Refused refusal={refused.value} />
      <ul class="rows">
        {list.value?.map((codec) => (
          <li key={codec.name}>
            <a class="row choice" href={hrefOf('codecs', codec.name)}>
              <strong>{codec.name}</strong>
              <span class="quiet">{t(`codecs.kind.${codec.kind}`)}</span>
              <Trouble codec={codec} />
              <span class="quiet">{t('codecs.devices', { count: codec.devices })}</span>
            </a>
          </li>
        ))}
      </ul>
      {maySetUp.value ? (
        <a class="toggle link" href={hrefOf('codecs', NEW)}>
          {t('title.newCodec')}
        </a>
      ) : null}
    </SubPage>
  );
}

function Trouble({ codec: { problem, said, pausedSeconds } }: { codec: CodecView }): JSX.Element {
  const paused = pausedSeconds > 0 ? t('codecs.paused', { time: duration(pausedSeconds * 1000) }) : '';
  const words = problem === undefined ? paused : detailWords({ detail: problem, said });
  return <span class="amiss">{words}</span>;
}

function CodecPage({ name }: { name: string }): JSX.Element {
  const codec = useSignal<CodecView | undefined>(undefined);
  const refused = useSignal<Refusal | undefined>(undefined);
  useEffect(() => {
    if (name === NEW) return;
    ask(api.codecs[':name'].$get({ param: { name: encodeURIComponent(name) } })).then(
      ({ value, refusal }) => {
        codec.value = value;
        refused.value = refusal;
      },
      () => {},
    );
  }, []);
  const isReady = name === NEW || codec.value !== undefined;
  return (
    <SubPage
      title={name === NEW ? t('title.newCodec') : name}
      aside={codec.value ? <span class="quiet">{t(`codecs.kind.${codec.value.kind}`)}</span> : null}
      back={{ href: hrefOf('codecs'), text: t('codecs.title') }}
    >
      <Refused refusal={refused.value} />
      {codec.value ? <Trouble codec={codec.value} /> : null}
      {isReady ? <Workbench codec={codec.value} /> : null}
    </SubPage>
  );
}

/** `codec` is undefined for a new one. */
function Workbench({ codec }: { codec: CodecView | undefined }): JSX.Element {
  const draftOf = codec?.name ?? NEW;
  const source = useSignal(drafts.get(draftOf) ?? codec?.source ?? '');
  const name = useSignal(codec?.name ?? '');
  const write = (text: string): void => {
    source.value = text;
    drafts.set(draftOf, text);
  };
  const isOurs = codec === undefined || codec.kind === 'script';
  const isChangeable = isOurs && maySetUp.value;
  return (
    <div class="bench">
      <section class="card entry">
        {codec === undefined ? <NameField name={name} /> : null}
        {codec?.kind === 'built-in' ? (
          <p class="detail">{t('codecs.builtIn')}</p>
        ) : (
          <SourceField source={source} isChangeable={isChangeable} write={write} />
        )}
        {codec?.kind === 'file' ? <p class="detail">{t('codecs.fileOnly')}</p> : null}
        {isChangeable ? (
          <SaveRow
            name={codec?.name ?? name.value.trim()}
            source={source.value}
            write={write}
            saved={() => drafts.delete(draftOf)}
          />
        ) : null}
        {maySetUp.value ? null : <p class="detail">{t('page.viewer')}</p>}
      </section>
      <div class="side">
        {maySetUp.value ? (
          <CodecTrial codec={codec?.name} {...(codec?.kind === 'built-in' ? {} : { source: source.value })} />
        ) : null}
        {codec ? <Users codec={codec.name} /> : null}
      </div>
    </div>
  );
}

function NameField({ name }: { name: Signal<string> }): JSX.Element {
  return (
    <div class="field">
      <label for="codec-name">{t('codecs.name')}</label>
      <input
        id="codec-name"
        class="mono wide"
        autocapitalize="none"
        spellcheck={false}
        maxLength={64}
        value={name}
        aria-describedby="codec-name-hint"
        onInput={(event) => {
          name.value = event.currentTarget.value;
        }}
      />
      <p class="quiet" id="codec-name-hint">
        {t('codecs.nameHint')}
      </p>
    </div>
  );
}

interface SourceFieldProps {
  readonly source: Signal<string>;
  readonly isChangeable: boolean;
  readonly write: (text: string) => void;
}

function SourceField({ source, isChangeable, write }: SourceFieldProps): JSX.Element {
  return (
    <div class="field">
      <label for="codec-source">{t('codecs.source')}</label>
      <textarea
        id="codec-source"
        class="mono"
        rows={16}
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        readOnly={!isChangeable}
        value={source}
        onInput={(event) => write(event.currentTarget.value)}
      />
    </div>
  );
}

interface SaveRowProps {
  readonly name: string;
  readonly source: string;
  readonly write: (text: string) => void;
  readonly saved: () => void;
}

function SaveRow({ name, source, write, saved }: SaveRowProps): JSX.Element {
  const refused = useSignal<Refusal | undefined>(undefined);
  const done = useSignal<string | undefined>(undefined);
  const save = async (): Promise<void> => {
    const param = { name: encodeURIComponent(name) };
    const refusal = await tell(api.codecs[':name'].$put({ param, json: { source } }));
    refused.value = refusal && { ...refusal, detail: refusal.detail.replace(/^source /, '') };
    done.value = refusal ? undefined : source;
    if (!refusal) saved();
  };
  return (
    <>
      <Refused refusal={refused.value} />
      <p role="status" class="detail">
        {done.value === source ? t('codecs.saved') : ''}
      </p>
      <div class="tools">
        <button
          type="button"
          class="primary"
          aria-disabled={name === '' || source === ''}
          onClick={() => {
            if (name !== '' && source !== '') save().catch(() => {});
          }}
        >
          {t('codecs.save')}
        </button>
        <label class="toggle file">
          {t('codecs.file')}
          <input
            type="file"
            accept=".js,text/javascript"
            onChange={(event) => {
              event.currentTarget.files?.[0]?.text().then(write, () => {});
            }}
          />
        </label>
      </div>
    </>
  );
}

function Users({ codec }: { codec: string }): JSX.Element {
  const users = devices.value.filter((device) => device.value.decoder === codec);
  return (
    <section class="card users">
      <h3>
        {t('codecs.usedBy')} <span class="count">{users.length}</span>
      </h3>
      {users.length === 0 ? <p class="detail">{t('codecs.unused')}</p> : null}
      <ul>
        {users.map(({ value: { devEui, name } }) => (
          <li key={devEui}>
            <a class="forth" href={hrefOf('device', devEui)}>
              {name}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
