/** Tokens of programs: who made each, what it may, until when, when it was used; a new one is shown once. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { TokenView } from '../../shapes/access.ts';
import { api, ask, type Refusal, tell } from '../call.ts';
import { Ago, Amiss, ConfirmButton, Refused, Section } from '../components.tsx';
import { wholeTime } from '../dates.ts';
import { siteZone } from '../site.ts';
import { t } from '../texts.ts';

type Scope = TokenView['scopes'][number];

const SCOPES: readonly Scope[] = ['metrics', 'records', 'read', 'operate', 'write', 'admin'];
/** Days a token may be good for; '' for ever. */
const DAYS = ['30', '90', '365', ''] as const;

export function Tokens(): JSX.Element {
  const tokens = useSignal<readonly TokenView[]>([]);
  const refused = useSignal<Refusal | undefined>(undefined);
  const made = useSignal<string | undefined>(undefined);
  const look = (): void =>
    void ask(api.tokens.$get()).then(({ value, refusal }) => {
      tokens.value = value?.items ?? tokens.value;
      if (refusal) refused.value = refusal;
    });
  useEffect(look, []);
  const did = (refusal: Refusal | undefined, token?: string): void => {
    refused.value = refusal;
    made.value = token;
    look();
  };
  return (
    <Section id="tokens" title={t('tokens.title')} count={tokens.value.length}>
      <p class="detail">{t('tokens.lead')}</p>
      <Refused refusal={refused.value} />
      <div role="status">{made.value === undefined ? null : <Made token={made.value} />}</div>
      <ul class="rows">
        {tokens.value.map((token) => (
          <Token key={token.id} token={token} did={did} />
        ))}
      </ul>
      <AddToken did={did} />
    </Section>
  );
}

function Made({ token }: { token: string }): JSX.Element {
  return (
    <div class="made">
      <p>
        <strong>{t('tokens.once')}</strong>
      </p>
      <p class="mono written">{token}</p>
      <button type="button" class="toggle" onClick={() => void navigator.clipboard?.writeText(token)}>
        {t('tokens.copy')}
      </button>
    </div>
  );
}

interface TokenProps {
  readonly token: TokenView;
  readonly did: (refusal: Refusal | undefined) => void;
}

function Token({ token, did }: TokenProps): JSX.Element {
  const { id, name, owner, scopes, expires, expired, lastUsed } = token;
  const until = expires === null ? t('tokens.forever') : wholeTime(Date.parse(expires), siteZone.value);
  return (
    <li class="row">
      <strong>{name}</strong>
      <span>{t(`scope.${scopes.at(-1) ?? 'metrics'}`)}</span>
      <span class="why quiet">
        {owner === null ? t('tokens.nobody') : t('tokens.owner', { owner })} ·{' '}
        {lastUsed === null ? (
          t('tokens.unused')
        ) : (
          <>
            {t('tokens.used')} <Ago time={lastUsed} />
          </>
        )}{' '}
        · {t('tokens.until', { until })} {expired ? <Amiss words={t('tokens.expired')} /> : null}
      </span>
      <div class="why tools">
        <ConfirmButton
          label={t('tokens.revoke', { name })}
          act={() => void tell(api.tokens[':id'].$delete({ param: { id } })).then(did)}
        />
      </div>
    </li>
  );
}

function AddToken({ did }: { did: (refusal: Refusal | undefined, token?: string) => void }): JSX.Element {
  return (
    <details>
      <summary>{t('tokens.add')}</summary>
      <form
        class="entry"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const given = new FormData(form);
          const days = Number(given.get('days'));
          const scope = SCOPES.find((one) => one === given.get('scope')) ?? 'metrics';
          const json = {
            name: String(given.get('name')),
            scopes: [scope],
            ...(days > 0 ? { expiresInDays: days } : {}),
          };
          void ask(api.tokens.$post({ json })).then(({ value, refusal }) => {
            if (value) form.reset();
            did(refusal, value?.token);
          });
        }}
      >
        <div class="field">
          <label for="token-name">{t('tokens.name')}</label>
          <input id="token-name" name="name" required maxLength={100} autocomplete="off" />
        </div>
        <div class="field">
          <label for="token-scope">{t('tokens.scope')}</label>
          <select id="token-scope" name="scope">
            {SCOPES.map((scope) => (
              <option key={scope} value={scope}>
                {t(`scope.${scope}`)}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="token-days">{t('tokens.days')}</label>
          <select id="token-days" name="days">
            {DAYS.map((days) => (
              <option key={days} value={days}>
                {days === '' ? t('tokens.forever') : t('tokens.forDays', { count: Number(days) })}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" class="primary">
          {t('tokens.addNow')}
        </button>
      </form>
    </details>
  );
}
