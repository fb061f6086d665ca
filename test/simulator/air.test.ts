/** What goes over the air is what a network server expects, and the oddities come in believable shares. */
import { describe, expect, test } from 'vitest';
import { createSessionKeys, decryptPayload, verifyMic } from '../../src/gateway/lorawan/crypto.ts';
import { type DataFrame, parseFrame } from '../../src/gateway/lorawan/frame.ts';
import { createAir, type Transmission } from '../../src/simulator/air.ts';
import { planSite, strangerSession } from '../../src/simulator/plan.ts';
import { createTestWorld } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 4, 4, 9);
const plan = planSite('1', 12, 3);

function newAir(startFCnt = 0) {
  return createAir({ plan, seed: '1', random: createTestWorld().random, startFCnt: () => startFCnt });
}

function dataFrame({ phyPayload }: Transmission): DataFrame {
  const parsed = parseFrame(phyPayload);
  if (!parsed.ok || parsed.frame.kind !== 'data') throw new Error('not a data frame');
  return parsed.frame;
}

function keysOf(device: number) {
  const abp = plan.devices[device]?.device.abp;
  if (!abp) throw new Error('no such device');
  return createSessionKeys(abp.nwkSKey, abp.appSKey);
}

describe('the simulated devices', () => {
  test('send frames that verify and decrypt to Cayenne LPP, counting from the counter given', () => {
    const air = newAir(0x1_fffe);
    for (const [index, { device }] of plan.devices.entries()) {
      for (const fCnt of [0x1_fffe, 0x1_ffff, 0x2_0000]) {
        const sent = air.uplink(index, NOW_MS);
        const frame = dataFrame(sent);
        expect(frame.devAddr).toBe(device.abp.devAddr);
        expect(verifyMic(frame, keysOf(index), fCnt)).toBe(sent.kind === 'uplink');
        expect(decryptPayload(frame, keysOf(index), fCnt)[0]).toBe(1);
        expect(sent.airtimeMs).toBeGreaterThan(40);
      }
    }
  });

  test('are heard by several gateways, one, or none; a few frames are spoiled', () => {
    const air = newAir();
    const all: Transmission[] = [];
    for (let round = 0; round < 200; round++) {
      for (const index of plan.devices.keys()) all.push(air.uplink(index, NOW_MS + round * 10_000));
    }
    const share = (wanted: (sent: Transmission) => boolean) => all.filter(wanted).length / all.length;
    expect(share(({ heard }) => heard.length === 0)).toBeLessThan(0.1);
    expect(share(({ heard }) => heard.length === 0)).toBeGreaterThan(0);
    expect(share(({ heard }) => heard.length >= 2)).toBeGreaterThan(0.3);
    expect(share(({ heard }) => heard.length === 1)).toBeGreaterThan(0.01);
    expect(share(({ kind }) => kind === 'spoiled')).toBeGreaterThan(0);
    expect(share(({ kind }) => kind === 'spoiled')).toBeLessThan(0.02);
    expect(new Set(all.map(({ channel }) => channel)).size).toBe(8);
    expect(new Set(all.map(({ spreadingFactor }) => spreadingFactor)).size).toBeGreaterThan(1);
  });

  test('repeat a frame byte for byte', () => {
    const air = newAir();
    const sent = air.uplink(0, NOW_MS);
    expect(air.repeat(0, sent)).toMatchObject({ kind: 'repeat', phyPayload: sent.phyPayload });
  });

  test('have a stranger among them, whose address is not theirs and whose frames are no repetitions', () => {
    const air = newAir();
    const frames = [air.stranger(), air.stranger()].map(dataFrame);
    expect(frames.map(({ devAddr }) => devAddr)).toEqual(Array(2).fill(strangerSession('1').devAddr));
    expect(frames[1]?.fCnt16).toBe((frames[0]?.fCnt16 ?? 0) + 1);
  });
});
