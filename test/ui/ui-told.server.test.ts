/** What the box says of itself and why it says no, on pages in German: no sentence of it is left in English. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RestoreState } from '../../src/model/care.ts';
import { type SaidKey, type Told, tell, tellAll } from '../../src/model/said.ts';
import { furnishSettings } from '../support/admin-views.ts';
import { createVisitor } from '../support/browser.ts';
import { furnishCare } from '../support/care-views.ts';
import { describeWith } from '../support/process.ts';
import { createShownAlarms } from '../support/shown-alarms.ts';
import { createCodecShelf } from '../support/ui-desks.ts';
import type { UiSite } from '../support/ui-site.ts';

const PAGES = [
  '#/',
  '#/settings',
  '#/parts',
  '#/backup',
  '#/start',
  '#/handover',
  '#/device/70b3d57ed0000000',
];
/** Words that German has not; WAIT is a command of Redis. */
const ENGLISH = /(?<!Redis )\b(the|is|are|with|your|this|does|and|of|which|cannot|nothing|wait)\b/i;

const UNITS = { unit: 'm', other: 'bar' };
const SERVER = 'http://10.0.0.9:8086';

function down(key: SaidKey, values = {}) {
  return { state: 'down', ...tell(key, values), sinceMs: Date.now() - 60_000 } as const;
}

function furnishDown(site: UiSite) {
  const { status } = site;
  const since = new Date().toISOString();
  status.broker = { ...status.broker, ...down('broker.noUser') };
  status.influx = {
    ...status.influx,
    ...down('influx.token', { server: SERVER, bucket: 'b', org: 'o', reason: 'unauthorized' }),
  };
  const told: Told = tellAll([
    tell('centre.askingSentinel'),
    tell('centre.WRONGPASS'),
    tell('centre.heldNobody', { count: 3 }),
  ]);
  status.centre = { ...status.centre, state: 'down', needsAction: true, ...told };
  status.store = { ...status.store, ...down('store.refuses', { problem: 'write edge.db: SQLITE_FULL' }) };
  status.store = {
    ...status.store,
    ...tell('store.refuses', { problem: 'write edge.db: SQLITE_FULL' }, 'store.full.todo'),
  };
  status.time = {
    state: 'degraded',
    ...tellAll([tell('clock.waits', {}, 'clock.todo'), tell('clock.doubt.noProof')]),
    sinceMs: Date.now(),
  };
  const failed = [
    tell('backup.failed'),
    tell('backup.noFolder', { folder: '/media/stick' }),
    tell('backup.lastOne', { time: since }),
  ];
  status.backup = { state: 'degraded', ...tellAll(failed), sinceMs: Date.now() };
  return { scripts: createCodecShelf(site).desk, settings: furnishSettings() };
}

/** Whatever is brought is refused, and all that was tried before went wrong. */
function furnishRefusing() {
  const { restoring, updates, uploads } = furnishCare();
  const ready = restoring.state() as RestoreState & { kind: 'ready' };
  const { detail: reason, said } = tell('watch.failed', { times: 3 });
  const last = { kind: 'taken_back', from: '0.2.0', to: '0.3.0', reason, said, endedMs: 1 } as const;
  const wrong = tellAll([tell('setting.must'), tell('setting.textOf', { max: 64 })]);
  const problems = [{ path: 'influx.bucket', message: wrong.detail, said: wrong.said }];
  return {
    settings: furnishSettings({ problems }),
    updates: {
      ...updates,
      state: () => ({ ...updates.state(), canCheck: true, refused: tell('release.otherKey'), last }),
    },
    uploads: { ...uploads, begin: async () => tell('upload.noRoom', { size: 300, free: 20 }) },
    restoring: {
      ...restoring,
      last: () => ({ name: 'a', endedMs: 1, problems: [tell('restore.damaged', { name: 'edge.db' })] }),
      state: () => ({
        ...ready,
        preview: { ...ready.preview, objection: tell('restore.noRecords', { dir: '/d', here: 7 }) },
      }),
    },
  };
}

/** What is read on the page, without what says of itself that it is English. */
function textOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const main = document.querySelector('main') ?? document.body;
    const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
    const texts: string[] = [];
    while (walker.nextNode()) {
      const { parentElement, nodeValue } = walker.currentNode;
      if (!parentElement?.closest('[lang=en]')) texts.push(nodeValue ?? '');
    }
    return texts.join(' ');
  });
}

describeWith(['chromium'], 'what the box says, in German', () => {
  const visitor = createVisitor();
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);

  test('with everything down no page has an English sentence, and one without a code stays as it is', async () => {
    const { site, page, url, complaints, leave } = await visitor.visit(2, furnishDown);
    await page.evaluate(() => localStorage.setItem('wse-language', 'de'));
    for (const hash of PAGES) {
      await page.goto(url + hash);
      await page.reload();
      await page.locator('main h2').first().waitFor();
      if (hash === '#/parts') await page.getByText('Die Zentrale weist Benutzername').waitFor();
      await expect.poll(() => textOf(page), { timeout: 5_000 }).not.toMatch(ENGLISH);
      expect(await textOf(page), hash).not.toMatch(ENGLISH);
    }
    await page.goto(`${url}#/parts`);
    const influx = page.getByRole('article', { name: 'InfluxDB' });
    await influx
      .getByText(`InfluxDB unter ${SERVER} nimmt das Token nicht an (401: unauthorized).`)
      .waitFor();
    await influx.getByText('Ein Token mit Schreibrecht auf den Bucket „b“').waitFor();
    const clock = page.getByRole('article', { name: 'Uhr' });
    await clock.getByText('Messwerte warten auf die richtige Zeit: nichts beweist').waitFor();
    // As of a newer box: a key nobody knows here.
    site.status.influx = {
      ...site.status.influx,
      detail: 'the moon is full',
      said: [{ key: 'influx.moon', values: {} }],
    };
    await influx.getByText('The moon is full.').waitFor();
    // Doctor's findings, which this site has none of.
    expect(complaints.filter((one) => !one.includes('404'))).toEqual([]);
    await leave();
  }, 120_000);

  test('a refusal is told in German, and names the place that is wrong', async () => {
    const { page, url, leave } = await visitor.visit(1, furnishDown);
    await page.evaluate(() => localStorage.setItem('wse-language', 'de'));
    await page.goto(`${url}#/codecs/+`);
    await page.reload();
    const save = page.getByRole('button', { name: 'Speichern' });
    await page.locator('#codec-name').fill('cayenne');
    await page.locator('#codec-source').fill('function decodeUplink() { return { data: {} }; }');
    await save.click();
    await page.getByText('gehört zu einer Datei oder zur Box').waitFor();
    const wrong = {
      code: 'choice',
      values: { options: 'a, b' },
      pointer: '/profile',
      detail: 'must be one of',
    };
    const problem = {
      type: 'urn:webscada-edge:problem:invalid-body',
      status: 422,
      detail: 'See errors.',
      errors: [wrong],
    };
    await page.route('**/api/v1/codecs/**', (route) =>
      route.request().method() === 'PUT'
        ? route.fulfill({
            status: 422,
            contentType: 'application/problem+json',
            body: JSON.stringify(problem),
          })
        : route.continue(),
    );
    await save.click();
    await page.getByText('profile muss eines von diesen sein: a, b').waitFor();
    await leave();
  }, 60_000);

  test('why an update, a restore or a file is refused is told in German, in all its parts', async () => {
    const { page, url, leave } = await visitor.visit(1, furnishRefusing);
    await page.evaluate(() => localStorage.setItem('wse-language', 'de'));
    await page.goto(`${url}#/update`);
    await page.reload();
    await page.getByText('Die Signatur ist nicht mit dem Schlüssel unserer Versionen gemacht.').waitFor();
    await page.getByText('Der Dienst ist damit 3-mal ausgefallen.').waitFor();
    expect(await textOf(page)).not.toMatch(ENGLISH);
    const file = { name: 'wse', mimeType: 'application/octet-stream', buffer: Buffer.from('x') };
    await page.locator('main input[type=file]').setInputFiles([file, { ...file, name: 'wse.sig' }]);
    await page.getByText('Dafür ist kein Platz: sie hat 300 MB').waitFor();
    expect(await textOf(page)).not.toMatch(ENGLISH);
    await page.goto(`${url}#/backup`);
    await page.getByText('edge.db ist beschädigt').first().waitFor();
    await page.getByText('in der Sicherung sind keine Datensätze').waitFor();
    expect(await textOf(page)).not.toMatch(ENGLISH);
    await page.goto(`${url}#/settings`);
    await page.getByText('influx.bucket muss sein: Text von 1 bis 64 Zeichen').waitFor();
    const port = page.locator('[id="set-http.port"]');
    await port.fill('0');
    await port.blur();
    await page.getByRole('button', { name: 'Speichern und neu anfangen' }).click();
    await page.getByText('http.port muss sein: eine ganze Zahl von 1 bis 65.535').first().waitFor();
    expect(await textOf(page)).not.toMatch(ENGLISH);
    await leave();
  }, 60_000);

  test('what is wrong with a rule, and why it is refused, is told in German', async () => {
    const { page, url, leave } = await visitor.visit(1, () => {
      const { detail, said } = tellAll([tell('rule.at', { at: 7 }), tell('rule.units', UNITS)]);
      const errors = [{ pointer: '/condition/expression', detail, said }];
      return {
        alarms: { ...createShownAlarms(), putRule: async () => ({ refused: 'invalid', detail, errors }) },
      };
    });
    await page.evaluate(() => localStorage.setItem('wse-language', 'de'));
    await page.goto(`${url}#/rule/too-full`);
    await page.reload();
    await page.getByText('Im Bereich Hall 2 ist kein Gerät: einen anderen wählen').waitFor();
    await page.getByRole('button', { name: 'Speichern' }).click();
    // The place of the mistake in the document is nothing a person knows.
    await page.getByText(/^An Stelle 7: m und bar passen nicht zusammen\.$/).waitFor();
    await page.evaluate(() => localStorage.setItem('wse-language', 'en'));
    await page.reload();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^At 7: m and bar do not fit together\.$/).waitFor();
    await leave();
  }, 60_000);

  test('what an alarm says, and what came together, is told in German', async () => {
    const { page, url, leave } = await visitor.visit(1, () => ({ alarms: createShownAlarms() }));
    await page.evaluate(() => localStorage.setItem('wse-language', 'de'));
    await page.goto(`${url}#/alarms`);
    await page.reload();
    await page.getByText('Tank 1: level ist 91 %, über 80 %').first().waitFor();
    await page.getByText('4-mal: Tank too full').waitFor();
    expect(await textOf(page)).not.toContain('above 80 %');
    await page.goto(`${url}#/alarms/journal`);
    await page.getByText('Tank 1: level ist 91 %, über 80 %').first().waitFor();
    await leave();
  }, 60_000);

  test('a suggested rule is offered, and taken, in the language of the page', async () => {
    const { page, url, leave } = await visitor.visit(1, () => ({
      alarms: { ...createShownAlarms(), rules: () => [] },
    }));
    await page.evaluate(() => localStorage.setItem('wse-language', 'de'));
    await page.goto(`${url}#/alarms/rules`);
    await page.reload();
    await page.getByText('Karte fast verschlissen').waitFor();
    await page.getByText('Sie wird ausfallen.').waitFor();
    const put = page.waitForRequest((request) => request.method() === 'PUT');
    await page.getByRole('button', { name: 'Alle nehmen' }).click();
    expect((await put).postDataJSON()).toMatchObject({
      name: 'Karte fast verschlissen',
      action: 'Die Karte ersetzen, aus einer Sicherung.',
    });
    await leave();
  }, 60_000);
});
