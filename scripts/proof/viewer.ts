/**
 * A viewer who cannot change anything: every page is opened in the viewer's session, every button on it is pressed twice, and no
 * request that changes something leaves the browser; then each route that does is called by hand in the same session, and says no.
 */
import type { Page } from 'playwright-core';
import { PARENTS } from '../../src/ui/web/routes.ts';
import { launchBrowser } from '../../test/support/browser.ts';
import { createFleet, type FleetDevice, fleetSettings, frameOf, upEvent } from '../../test/support/fleet.ts';
import { eventually } from '../../test/support/process.ts';
import { type RealSite, startRealSite } from '../../test/support/real-site.ts';
import { startRadioGateway } from '../../test/support/site-radio.ts';
import { createPerson, logIn, PHONE } from './person.ts';
import type { Proof } from './proof.ts';

/** What everybody may: the way in and out, and the own password. */
const OWN = new Set(['claim', 'login', 'logout', 'changePassword']);
/** Parts of pages that have an address of their own. */
const VIEWS = [
  ...['journal', 'figures', 'areas', 'rules'].map((view) => `#/alarms/${view}`),
  ...['people', 'groups', 'channels', 'log'].map((view) => `#/notify/${view}`),
  ...['#/rule', '#/person', '#/group', '#/route', '#/frames/refused'],
];
const RULE = {
  ...{ name: 'Too warm', scope: { kind: 'site' }, priority: 'high', action: 'Open the window.' },
  condition: { kind: 'limit', field: 'temperature_1', side: 'high', limit: 0 },
};
/** Ends the session, or leaves the page for good. */
const LEFT_ALONE = /log out|change password|password/i;

export async function viewer(proof: Proof): Promise<void> {
  const fleet = createFleet(5);
  const [device] = fleet;
  if (!device) throw new Error('a fleet of five');
  const site = await startRealSite({ site: { id: 'north-hill' }, devices: fleetSettings(fleet) });
  proof.atEnd(site.stop);
  await site.claim();
  await furnish(proof, site, fleet);
  const before = await stateOf(site);
  const browser = await launchBrowser();
  proof.atEnd(() => browser.close());
  const person = await createPerson(browser, site.url, { viewport: PHONE, hasTouch: false });
  await logIn(person, 'viewer');
  const { page } = person;
  const sent: string[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET') sent.push(`${request.method()} ${new URL(request.url()).pathname}`);
  });
  let pressed = 0;
  const offered: string[] = [];
  const hashes = [...Object.keys(PARENTS).map((name) => `#/${name}${ofPage(name, device)}`), ...VIEWS];
  for (const hash of hashes) {
    await page.goto(`${site.url}/${hash}`);
    await page.locator('main h2').first().waitFor();
    // What the page fetches when it is opened decides on what it offers.
    await page.waitForLoadState('networkidle').catch(() => {});
    offered.push(...(await formsOf(page)).map((form) => `${hash}: ${form}`));
    pressed += await pressAll(page, `${site.url}/${hash}`);
  }
  proof.say(`${hashes.length} pages, ${pressed} presses of buttons`);
  proof.atLeast('buttons pressed', pressed, 60);
  proof.none('requests that change something', sent);
  proof.none('fields of a form to send something by', offered);
  proof.none('routes that change something and did not refuse', await callAll(page));
  proof.holds('the site is as it was', (await stateOf(site)) === before);
  proof.none('requests to anybody else', person.strange);
}

async function furnish(proof: Proof, site: RealSite, fleet: readonly FleetDevice[]): Promise<void> {
  const gateway = await startRadioGateway(site.broker.url);
  proof.atEnd(gateway.stop);
  for (let fCnt = 1; fCnt <= 3; fCnt += 1)
    for (const device of fleet) {
      const { topic, payload } = upEvent(frameOf(device, fCnt));
      await gateway.publish(topic, payload);
    }
  const sheet = { name: 'Hall', items: [{ id: 'a', kind: 'text', x: 0.2, y: 0.2, text: 'Pumps' }] };
  await put(site, 'sheets/hall', sheet);
  const ada = { name: 'Ada', language: 'en', addresses: [{ channel: 'mqtt', topic: 'hall-1/siren' }] };
  await put(site, 'notify/people/ada', ada);
  await put(site, 'notify/groups/night', { name: 'Night shift', members: ['ada'] });
  await put(site, 'notify/routes/urgent', {
    ...{ name: 'Urgent', enabled: true, priorities: ['high'], to: ['group:night'] },
    ...{ recovery: true, escalate: [] },
  });
  await put(site, 'alarm-rules/too-warm', RULE);
  // A rule looks at what comes after it.
  for (const hot of fleet) {
    const { topic, payload } = upEvent(frameOf(hot, 4));
    await gateway.publish(topic, payload);
  }
  await eventually('an alarm of each device', async () => {
    const answer = await site.ask('/api/v1/alarms');
    const { items } = (await answer.json()) as { items: readonly unknown[] };
    return items.length === fleet.length;
  });
}

async function put(site: RealSite, path: string, body: unknown): Promise<void> {
  const answer = await site.ask(`/api/v1/${path}`, {
    ...{ method: 'PUT', body },
    headers: { 'if-none-match': '*' },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

function ofPage(name: string, { devEui }: FleetDevice): string {
  if (name === 'device' || name === 'setup' || name === 'survey') return `/${devEui}`;
  if (name === 'gateway') return '/0016c001f153a14c';
  if (name === 'codecs') return '/cayenne';
  if (name === 'rule') return '/too-warm';
  if (name === 'person') return '/ada';
  if (name === 'group') return '/night';
  if (name === 'route') return '/urgent';
  return '';
}

/** Devices, users, sheets: what somebody without rights could have changed. */
async function stateOf(site: RealSite): Promise<string> {
  const paths = [
    ...['devices', 'users', 'tokens', 'sheets', 'gateways', 'profiles', 'codecs', 'alarm-rules'],
    ...['notify/people', 'notify/groups', 'notify/routes', 'alarm-suppressions', 'alarms'],
  ];
  const pages = await Promise.all(
    paths.map(
      async (path) =>
        (await (await site.ask(`/api/v1/${path}`)).json()) as {
          items: { devEui?: string; name?: string; state?: string; revision?: number }[];
        },
    ),
  );
  return JSON.stringify(
    pages.map(({ items }) =>
      items.map(({ devEui, name, state, revision }) => [devEui, name, state, revision]),
    ),
  );
}

/** Fields in a form that is sent somewhere, but for the search of a list and the own password. */
function formsOf(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('main form')]
      .filter((form) => !form.querySelector('[type=search], [type=password]'))
      .map((form) => form.textContent?.slice(0, 80) ?? ''),
  );
}

/** Twice each, as what asks again is confirmed; the page is opened anew where a press led away. */
async function pressAll(page: Page, url: string): Promise<number> {
  const buttons = page.locator('main button:visible');
  let count = 0;
  for (let n = 0; n < (await buttons.count()); n += 1) {
    const button = buttons.nth(n);
    const words = (await button.textContent()) ?? '';
    if (LEFT_ALONE.test(words) || (await button.isDisabled())) continue;
    for (let twice = 0; twice < 2; twice += 1) {
      await button.click({ timeout: 2_000, force: true }).catch(() => {});
      count += 1;
    }
    if (page.url() !== url) await page.goto(url);
    await page.locator('main h2').first().waitFor();
  }
  return count;
}

/** Every operation of the API's own document that is no GET, called by the page; those that do not answer 403. */
function callAll(page: Page): Promise<string[]> {
  return page.evaluate(
    async (own) => {
      interface Operation {
        readonly operationId: string;
      }
      const answer = await fetch('/api/v1/openapi.json');
      const { paths } = (await answer.json()) as { paths: Record<string, Record<string, Operation>> };
      const calls = Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods)
          .filter(([method, { operationId }]) => method !== 'get' && !own.includes(operationId))
          .map(([method]) => ({
            method: method.toUpperCase(),
            path: path.replace(/\{\w+\}/g, '0011223344556677'),
          })),
      );
      const wrong: string[] = calls.length < 30 ? [`only ${calls.length} operations`] : [];
      for (const { method, path } of calls) {
        const headers = { 'content-type': 'application/json' };
        const { status } = await fetch(path, { method, headers, body: method === 'DELETE' ? null : '{}' });
        // So many at once are slowed down: asked again a little later.
        if (status !== 403) wrong.push(`${method} ${path} answers ${status}`);
      }
      return wrong;
    },
    [...OWN],
  );
}
