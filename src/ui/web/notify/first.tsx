/** What to do first, in a sentence with the way there, until somebody is told of something. */
import type { JSX } from 'preact';
import { mayAdminister, maySetUp } from '../access.ts';
import { Empty } from '../components.tsx';
import { hrefOf } from '../page.ts';
import { t } from '../texts.ts';
import type { FirstStep } from './first-step.ts';

export function First({ step }: { step: FirstStep | undefined }): JSX.Element | null {
  if (step === undefined) return null;
  if (step === 'mail') return <MailSettings />;
  const way =
    step === 'routes'
      ? { href: hrefOf('route'), text: t('notify.new.route') }
      : step === 'people'
        ? { href: hrefOf('person'), text: t('notify.new.person') }
        : { href: hrefOf('notify', 'people'), text: t('notify.view.people') };
  return (
    <>
      <Empty hint={t(`notify.first.${step}`)} />
      {maySetUp.value ? <Way {...way} /> : null}
    </>
  );
}

/** Servers are settings, and those are an administrator's. */
export function MailSettings(): JSX.Element {
  return (
    <>
      <Empty hint={t(mayAdminister.value ? 'notify.first.mail' : 'notify.first.mailAdmin')} />
      {mayAdminister.value ? (
        <Way href={hrefOf('settings', 'notify')} text={t('notify.first.settings')} />
      ) : null}
    </>
  );
}

function Way({ href, text }: { href: string; text: string }): JSX.Element {
  return (
    <div class="tools">
      <a class="primary" href={href}>
        {text}
      </a>
    </div>
  );
}
