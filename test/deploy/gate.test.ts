/** The gate of a new version at its site: when it is run, what it says, and that it may do nothing but look. */
import { describe, expect, test } from 'vitest';
import { VERBS } from '../../src/cli/verbs.ts';
import { EVERYTHING, MINIMAL, objectsOf } from '../support/manifest-sites.ts';

describe('the gate of a new version', () => {
  const job = objectsOf(EVERYTHING).find(({ kind }) => kind === 'Job');
  const spec = job?.kind === 'Job' ? job.spec?.template.spec : undefined;

  test('is there where the site asks for it, as a hook of Argo CD and of Helm that is tried once', () => {
    expect(objectsOf(MINIMAL).some(({ kind }) => kind === 'Job')).toBe(false);
    expect(job).toMatchObject({
      metadata: {
        annotations: {
          'argocd.argoproj.io/hook': 'PostSync',
          'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
          'helm.sh/hook': 'post-upgrade',
          'helm.sh/hook-delete-policy': 'before-hook-creation',
        },
      },
      spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never' } } },
    });
  });

  test('says what the verb understands, to the service of the appliance', () => {
    const [verb, ...words] = spec?.containers[0]?.args ?? [];
    const known = VERBS.find(({ name }) => name === verb)?.options ?? {};
    const given = words.filter((_, index) => index % 2 === 0).map((word) => word.replace(/^--/, ''));
    expect(given).toEqual(['url', 'wait', 'hold', 'alarms']);
    expect(given.filter((name) => !Object.hasOwn(known, name))).toEqual([]);
    expect(words[1]).toBe('http://webscada-edge:8080');
    expect(words.slice(3)).toEqual(['900s', '--hold', '60s', '--alarms', '2']);
  });

  test('has no right but to read figures, by the token Prometheus has as well', () => {
    expect(spec).toMatchObject({ automountServiceAccountToken: false });
    expect(spec?.serviceAccountName).toBeUndefined();
    expect(spec?.containers[0]?.env).toEqual([
      {
        name: 'WSE_TOKEN',
        valueFrom: { secretKeyRef: { name: 'webscada-edge-metrics', key: 'token', optional: true } },
      },
    ]);
  });
});
