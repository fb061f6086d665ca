/**
 * The technician's way on a phone: a new box is claimed, a gateway is there, devices knock, and come in with their first value;
 * by what is heard nearby, and by the code on the device. Touches are counted: 12 at most from the login to a device that joined.
 */
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { launchBrowser } from '../../test/support/browser.ts';
import { createLorawanDevice, type LorawanDevice } from '../../test/support/lorawan-device.ts';
import { ADMIN, startRealSite } from '../../test/support/real-site.ts';
import { type RadioGateway, startRadioGateway } from '../../test/support/site-radio.ts';
import { createPerson, logIn, type Person } from './person.ts';
import type { Proof } from './proof.ts';

const MOST_TAPS = 12;
const JOIN_EUI = 'a840410000000101';
/** One of Cayenne LPP: 21.5 °C. */
const VALUE = new Uint8Array([1, 0x67, 0, 215]);

const newDevice = (n: number): LorawanDevice & { readonly appKey: string } => {
  const appKey = `00112233445566778899aabbccddee${n.toString(16).padStart(2, '0')}`;
  const devEui = `a84041000181c0${n.toString(16).padStart(2, '0')}`;
  const identity = { devEui, joinEui: JOIN_EUI, appKey, region: REGIONS.EU868 };
  return { ...createLorawanDevice(identity), appKey };
};

export async function technician(proof: Proof): Promise<void> {
  const site = await startRealSite({ site: { id: 'north-hill' } });
  proof.atEnd(site.stop);
  const browser = await launchBrowser();
  proof.atEnd(() => browser.close());
  const gateway = await startRadioGateway(site.broker.url);
  proof.atEnd(gateway.stop);
  const first = newDevice(1);
  const second = newDevice(2);
  const person = await createPerson(browser, site.url);
  const { page, tap, fill } = person;

  await fill(page.getByLabel('Claim code'), site.claimCode());
  await fill(page.getByLabel('Your name here'), ADMIN.name);
  await fill(page.getByLabel('New password'), ADMIN.password);
  await tap(page.getByRole('button', { name: 'Claim', exact: true }));
  await page.getByRole('heading', { name: 'First run' }).waitFor();
  await gateway.hear(first.joinRequest());
  await tap(page.getByRole('link', { name: 'Add a device' }));
  await tap(page.getByRole('button', { name: new RegExp(first.devEui) }));
  await nameAndKey(person, first, 'Tank 9');
  await comesIn(person, gateway, first);
  const fromClaim = person.taps();

  await tap(page.locator('.nav').getByRole('link', { name: 'More' }));
  await tap(page.getByRole('button', { name: 'Log out' }));
  const before = { taps: person.taps(), scrolled: person.scrolled() };
  await logIn(person);
  await tap(page.locator('.nav').getByRole('link', { name: 'Add' }));
  const code = `LW:D0:${JOIN_EUI}:${second.devEui}:AABB1122`.toUpperCase();
  await fill(page.getByLabel('Code or DevEUI'), code);
  await tap(page.getByRole('button', { name: 'Next', exact: true }));
  await nameAndKey(person, second, 'Cold store 2');
  await comesIn(person, gateway, second);
  const fromLogin = person.taps() - before.taps;
  await tap(page.locator('.nav').getByRole('link', { name: 'Site' }));
  await page.locator('.tile').filter({ hasText: 'Cold store 2' }).waitFor();

  proof.atMost(
    'touches from the claim of a new box to a device that joined, heard nearby',
    fromClaim,
    MOST_TAPS,
  );
  proof.atMost('touches from the login to a device that joined, by its code typed', fromLogin, MOST_TAPS);
  proof.say(`of those ${fromLogin}, ${person.scrolled() - before.scrolled} had to be scrolled to`);
  proof.none('complaints of the browser', person.complaints);
  proof.none('requests to anybody else', person.strange);
}

/** The key has the keyboard already. */
async function nameAndKey({ page, tap, fill }: Person, device: { appKey: string }, name: string) {
  await page.getByLabel('AppKey').and(page.locator(':focus')).waitFor();
  await page.keyboard.type(device.appKey);
  await fill(page.getByLabel('Name', { exact: true }), name);
  await tap(page.getByRole('button', { name: 'Add', exact: true }));
}

async function comesIn({ page }: Person, gateway: RadioGateway, device: LorawanDevice): Promise<void> {
  const rung = (name: string) => page.locator('.ladder > li.done').filter({ hasText: name }).waitFor();
  await page.locator('.ladder').waitFor();
  await gateway.join(device);
  await Promise.all([rung('Heard'), rung('Key fits'), rung('Let in')]);
  await gateway.hear(device.uplink({ payload: VALUE, fPort: 1 }));
  await rung('First value');
}
