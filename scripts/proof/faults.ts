/**
 * The operator's five commonest faults, each made for real and found by the pages alone, from the first one on: the sentence no
 * longer says that all is normal, the fault stands there with what to do or a way to where that is said. When it is mended, the page
 * says so by itself. Looks and touches are counted.
 */
import { statfsSync } from 'node:fs';
import type { Browser, Locator } from 'playwright-core';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { launchBrowser } from '../../test/support/browser.ts';
import { createInfluxFake, serveInfluxFake } from '../../test/support/influx-fake.ts';
import { createLorawanDevice, type DeviceIdentity } from '../../test/support/lorawan-device.ts';
import { eventually } from '../../test/support/process.ts';
import { type RealSite, startRealSite } from '../../test/support/real-site.ts';
import { type RadioGateway, startRadioGateway } from '../../test/support/site-radio.ts';
import { createPerson, logIn, type Person, WALL } from './person.ts';
import type { Proof } from './proof.ts';

/** From the page that is open all day to what to do. */
const MOST_STEPS = 3;
const NORMAL = 'All normal';
const GOOD: DeviceIdentity = {
  devEui: 'a84041000181c001',
  joinEui: 'a840410000000101',
  appKey: '00112233445566778899aabbccddee01',
  region: REGIONS.EU868,
};
const OTHER: DeviceIdentity = {
  ...GOOD,
  devEui: 'a84041000181c002',
  appKey: 'ff112233445566778899aabbccddee02',
};
const VALUE = { payload: new Uint8Array([1, 0x67, 0, 215]), fPort: 1 };

interface Scene {
  readonly proof: Proof;
  readonly site: RealSite;
  readonly gateway: RadioGateway;
  readonly person: Person;
  /** The settings of InfluxDB with this token. */
  influx(token: string): { influx: Record<string, unknown> };
}

export async function faults(proof: Proof): Promise<void> {
  const scene = await normalSite(proof, await withBrowser(proof));
  for (const find of [brokerGone, gatewayOffline, wrongAppKey, wrongToken, diskFull]) await find(scene);
  const { person } = scene;
  proof.none('requests to anybody else', person.strange);
}

async function withBrowser(proof: Proof): Promise<Browser> {
  const browser = await launchBrowser();
  proof.atEnd(() => browser.close());
  return browser;
}

/** A site that has nothing to complain of, and its operator at a desk. */
async function normalSite(proof: Proof, browser: Browser): Promise<Scene> {
  const served = await serveInfluxFake(createInfluxFake());
  proof.atEnd(served.close);
  const influx = (token: string) => ({ influx: { url: served.url, org: 'org', bucket: 'bucket', token } });
  const site = await startRealSite({ site: { id: 'north-hill' }, ...influx('secret-token') });
  proof.atEnd(site.stop);
  await site.claim();
  const gateway = await startRadioGateway(site.broker.url);
  proof.atEnd(gateway.stop);
  await declare(site, GOOD, 'Cold store', GOOD.appKey);
  const device = createLorawanDevice(GOOD);
  await gateway.join(device);
  await gateway.hear(device.uplink(VALUE));
  const person = await createPerson(browser, site.url, { viewport: WALL, hasTouch: false });
  proof.atEnd(person.leave);
  await logIn(person, 'operator');
  const scene = { proof, site, gateway, person, influx };
  await isNormal(scene);
  return scene;
}

async function declare(site: RealSite, { devEui, joinEui }: DeviceIdentity, name: string, appKey: string) {
  const answer = await site.ask(`/api/v1/devices/${devEui}`, {
    method: 'PUT',
    body: { name, joinEui, appKey, codec: 'cayenne' },
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

async function isNormal({ person: { page } }: Scene): Promise<void> {
  try {
    await page.locator('.summary').getByText(NORMAL).waitFor({ timeout: 45_000 });
  } catch (error) {
    throw new Error(`not normal again: ${await page.locator('main').textContent()}`, { cause: error });
  }
}

/** The sentence tells of the fault within `ms`; then `look` finds it, in so many steps. */
async function find(
  { proof, person }: Scene,
  what: string,
  ms: number,
  look: (person: Person) => Promise<void>,
): Promise<void> {
  const { page } = person;
  const startedMs = performance.now();
  await page.locator('.summary-degraded').waitFor({ timeout: ms });
  const toldMs = performance.now() - startedMs;
  const before = person.taps();
  await look(person);
  // The first step is to read the sentence.
  const steps = 1 + person.taps() - before;
  proof.atMost(`${what}: told after ${(toldMs / 1000).toFixed(1)} s, found in steps`, steps, MOST_STEPS);
  await page.goto(`${page.url().split('#')[0]}#/`);
}

const told = async (place: Locator): Promise<string> =>
  `it says: ${(await place.textContent())?.replace(/\s+/g, ' ').slice(0, 300)}`;

async function brokerGone(scene: Scene): Promise<void> {
  // As by an upgrade of its package: killed, it would forget our session, which is told for longer.
  scene.site.broker.signal('SIGTERM');
  await find(scene, 'the broker is gone', 30_000, async ({ page }) => {
    const card = page.getByRole('article', { name: 'Broker' });
    await card
      .getByText(/not reach|refused|closed|connect/i)
      .first()
      .waitFor();
    scene.proof.say(await told(card));
  });
  await scene.site.broker.start();
  await eventually('the gateway is back', scene.gateway.isConnected, 30_000);
  await isNormal(scene);
}

async function gatewayOffline(scene: Scene): Promise<void> {
  const lost = await startRadioGateway(scene.site.broker.url, '0016c001f153a1ff');
  scene.proof.atEnd(lost.stop);
  await scene.person.page.getByText('2 of 2 online').waitFor();
  lost.cut();
  await find(scene, 'a gateway is offline', 30_000, async ({ page, tap }) => {
    await page.getByText('Is it powered, and is its network up?').waitFor();
    await tap(page.getByRole('link', { name: '1 gateway offline' }));
    await page.locator('.gateway').filter({ hasText: '0016c001f153a1ff' }).getByText('Offline').waitFor();
  });
  const back = await startRadioGateway(scene.site.broker.url, '0016c001f153a1ff');
  scene.proof.atEnd(back.stop);
  await scene.person.page
    .locator('.concern')
    .filter({ hasText: 'gateway offline' })
    .waitFor({ state: 'detached' });
}

async function wrongAppKey(scene: Scene): Promise<void> {
  await declare(scene.site, OTHER, 'Tank 9', GOOD.appKey);
  const device = createLorawanDevice(OTHER);
  await scene.gateway.hear(device.joinRequest());
  await scene.gateway.hear(device.joinRequest());
  await find(scene, 'an AppKey does not fit', 30_000, async ({ page, tap }) => {
    await page.getByText('Its key or its counter does not fit').waitFor();
    await tap(page.locator('.concern').filter({ hasText: 'refused' }).getByRole('link', { name: 'Tank 9' }));
    await page
      .getByText(/Its AppKey does not fit/)
      .first()
      .waitFor();
    scene.proof.say(await told(page.getByText(/Its AppKey does not fit/).first()));
  });
  await declare(scene.site, OTHER, 'Tank 9', OTHER.appKey);
  await scene.gateway.join(device);
  await scene.gateway.hear(device.uplink(VALUE));
  await isNormal(scene);
}

async function wrongToken(scene: Scene): Promise<void> {
  await scene.site.stopBox();
  await scene.site.startBox(scene.influx('not-the-token'));
  const device = createLorawanDevice({ ...GOOD, devEui: 'a84041000181c003' });
  await declare(scene.site, { ...GOOD, devEui: device.devEui }, 'Mast', GOOD.appKey);
  await scene.gateway.join(device);
  await scene.gateway.hear(device.uplink(VALUE));
  await find(scene, 'the token of InfluxDB is wrong', 60_000, async ({ page }) => {
    const card = page.getByRole('article', { name: 'InfluxDB' });
    await card.getByText(/token/i).first().waitFor();
    scene.proof.say(await told(card));
  });
  await scene.site.stopBox();
  await scene.site.startBox(scene.influx('secret-token'));
  await isNormal(scene);
}

async function diskFull(scene: Scene): Promise<void> {
  const { bavail, bsize } = statfsSync(scene.site.folder);
  const store = { dir: `${scene.site.folder}/data` };
  await scene.site.stopBox();
  await scene.site.startBox({ store: { ...store, reserve_bytes: 2 * bavail * bsize } });
  await find(scene, 'the disk is nearly full', 60_000, async ({ page }) => {
    const card = page.getByRole('article', { name: 'Store' });
    await card
      .getByText(/disk|space|full/i)
      .first()
      .waitFor();
    scene.proof.say(await told(card));
  });
  await scene.site.stopBox();
  await scene.site.startBox({ store });
  await isNormal(scene);
}
