/**
 * Alarms of the real program behind a real Mosquitto, killed with -9 while readings come: the alarm records are those its readings
 * give, each once; messages leave by MQTT and by a relay; and the verbs ask the running box.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLED, type Status } from '../support/appliance-process.ts';
import { createFleet, type FleetDevice, fleetSettings, frameOf, upEvent } from '../support/fleet.ts';
import { describeWith, eventually } from '../support/process.ts';
import { type RealSite, startRealSite } from '../support/real-site.ts';
import { createTestWorld } from '../support/world.ts';

const FLEET = createFleet(4, 'alarms that are killed');
const RELAY = createFleet(1, 'a buzzer')[0] as FleetDevice;
const READINGS = 800;
const KILLS = 8;
const LIMIT = 5;

interface Logged {
  readonly id: string;
  readonly kind: string;
  readonly device?: string;
  readonly body: Readonly<Record<string, unknown>>;
}
interface Heard {
  readonly id: string;
  readonly alarms: readonly unknown[];
}

describeWith(['mosquitto'], 'alarms of a box that is killed', () => {
  let site: RealSite;
  let radio: MqttClient;
  const heard: Heard[] = [];
  const { random } = createTestWorld(0, 14);

  beforeAll(async () => {
    site = await startRealSite({ access: {}, devices: fleetSettings([...FLEET, RELAY]) });
    radio = await connectAsync(site.broker.url, { protocolVersion: 5, clientId: 'gateway and phone' });
    radio.on('message', (_, payload) => {
      heard.push(JSON.parse(payload.toString()) as Heard);
    });
    await radio.subscribeAsync('webscada-edge/#', { qos: 1 });
  });
  afterAll(async () => {
    await radio.endAsync();
    await site.stop();
  });

  const ask = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${site.url}/api/v1${path}`, {
      ...{ method, body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', ...headers },
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const brokerState = async () => (await site.appliance().get<Status>('/api/v1/status')).broker.state;
  const put = (path: string, body: unknown) => ask('PUT', path, body, { 'if-none-match': '*' });
  const items = async <Item>(path: string) =>
    (await site.appliance().get<{ items: readonly Item[] }>(`/api/v1${path}`)).items;

  /** Tenths of a degree. */
  const hear = (device: FleetDevice, fCnt: number, tenths: number) => {
    const { topic, payload } = upEvent(frameOf(device, fCnt, Buffer.from([1, 0x67, 0, tenths])));
    return radio.publishAsync(topic, payload, { qos: 1 });
  };

  async function log(): Promise<Logged[]> {
    const records: Logged[] = [];
    for (let after = ''; ; ) {
      const answer = await fetch(
        `${site.url}/api/v1/records?limit=5000${after === '' ? '' : `&after=${after}`}`,
      );
      const lines = (await answer.text()).trimEnd().split('\n');
      const end = JSON.parse(lines.pop() ?? '') as { next: string; more: boolean };
      records.push(...lines.map((line) => JSON.parse(line) as Logged));
      if (!end.more) return records;
      after = end.next;
    }
  }

  const readingsIn = (records: readonly Logged[]) =>
    records.filter(({ kind, device }) => kind === 'uplink' && FLEET.some((one) => one.devEui === device));
  const transitionsIn = (records: readonly Logged[]) =>
    records.filter(
      ({ kind, body }) => kind === 'alarm' && (body.event === 'raised' || body.event === 'cleared'),
    );

  test('killed again and again, it raises and clears each alarm once, at the reading that did it', async () => {
    // Before its session is there, the broker holds nothing for it.
    await eventually('the box hears the gateways', async () => (await brokerState()) === 'ok');
    await put('/alarm-rules/warm', {
      ...{ name: 'Too warm', enabled: true, priority: 'high', scope: { kind: 'site' } },
      ...{ condition: { kind: 'limit', field: 'temperature_1', side: 'high', limit: LIMIT } },
      action: 'Open the window.',
    });
    await put('/notify/people/ada', {
      ...{ name: 'Ada', language: 'en' },
      addresses: [
        { channel: 'mqtt', topic: 'ada' },
        {
          ...{ channel: 'downlink', device: RELAY.devEui, fPort: 10 },
          ...{ on: { data: '01' }, off: { data: '00' } },
        },
      ],
    });
    await put('/notify/routes/all', {
      ...{ name: 'All', enabled: true, priorities: ['critical', 'high', 'medium', 'low'] },
      ...{ to: ['person:ada'], recovery: true, escalate: [] },
    });
    let sent = 0;
    const killEvery = Math.floor(READINGS / KILLS);
    for (; sent < READINGS; sent++) {
      const device = FLEET[sent % FLEET.length] as FleetDevice;
      // Above the limit and below it for some readings each.
      await hear(device, Math.floor(sent / FLEET.length), random() < 0.5 ? 20 : 80);
      if (sent % killEvery !== killEvery - 1) continue;
      await new Promise((resolve) => setTimeout(resolve, random() * 150));
      await site.stopBox('SIGKILL');
      await site.startBox();
    }
    await eventually(
      'all readings are there',
      async () => readingsIn(await log()).length === READINGS,
      60_000,
    );
    const expected: string[] = [];
    const active = new Set<string>();
    for (const { id, device = '', body } of readingsIn(await log())) {
      const isHigh = Number((body.fields as Record<string, unknown>).temperature_1) > LIMIT;
      if (isHigh === active.has(device)) continue;
      if (isHigh) active.add(device);
      else active.delete(device);
      expected.push(`${isHigh ? 'raised' : 'cleared'} ${device} ${id.split('-').at(-1)}`);
    }
    const told = async () =>
      transitionsIn(await log()).map(({ body }) => `${body.event} ${body.subject} ${body.bySeq}`);
    await eventually('the engine has seen them', async () => (await told()).length >= expected.length);
    expect(await told()).toEqual(expected);
    expect(expected.length).toBeGreaterThan(READINGS / 4);
    const numbers = (await log()).flatMap(({ kind, body }) => (kind === 'alarm' ? [body.n] : []));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  }, 180_000);

  test('what was told by MQTT is proven, and the relay has its downlink', async () => {
    type Proof = { channel: string; messageId: string; outcome: string };
    const proofs = async () =>
      (await items<Proof>('/notify/log?limit=1000')).filter((one) => one.channel === 'mqtt');
    await eventually(
      'something was told',
      async () => (await proofs()).length > 0 && heard.length > 0,
      60_000,
    );
    const taken = (await proofs()).map(({ messageId, outcome }) => {
      expect(outcome).toBe('sent');
      return messageId;
    });
    // Twice only under the same id: of one that was on its way at a kill.
    expect(new Set(taken).size).toBe(taken.length);
    for (const id of taken) expect(heard.map((one) => one.id)).toContain(id);
    // How a downlink goes on the air is the network's matter, and has its tests there.
    const steps = () => items<{ step: string; data?: string }>(`/devices/${RELAY.devEui}/downlinks/steps`);
    await eventually('the relay is told', async () =>
      (await steps()).some(({ step, data }) => step === 'queued' && data === '01'),
    );
  }, 180_000);

  test('the verbs list, acknowledge and keep quiet at the running box, and test an address', async () => {
    const [command, ...args] = BUNDLED;
    const run = async (...words: string[]) => {
      const env = { ...process.env, WSE_LOG__LEVEL: 'error' };
      try {
        const { stdout } = await promisify(execFile)(command, [...args, ...words, '--url', site.url], {
          env,
        });
        return { code: 0, stdout };
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, stdout: stdout + stderr };
      }
    };
    const [first] = FLEET;
    const alarm = `warm:${first?.devEui}`;
    await hear(first as FleetDevice, READINGS, 90);
    await eventually('it is active', async () =>
      (await items<{ id: string; state: string }>('/alarms')).some(
        ({ id, state }) => id === alarm && state === 'active',
      ),
    );
    const listed = await run('alarms', 'list');
    expect(listed).toMatchObject({ code: 3, stdout: expect.stringContaining(alarm) });
    expect((await run('alarms', 'ack', '--all', '--comment', 'on my way')).stdout).toMatch(
      /^\d+ acknowledged/,
    );
    const quiet = await run('alarms', 'shelve', alarm, '--for', '1h', '--reason', 'the window is open');
    expect(quiet).toMatchObject({ code: 0, stdout: expect.stringContaining('is shelved until') });
    expect((await run('alarms', 'list', '--json')).stdout).toContain('"silence":"shelved"');
    expect(await run('alarms', 'shelve', alarm, '--end')).toMatchObject({ code: 0 });
    expect(await run('alarms', 'ack', 'nothing:here')).not.toMatchObject({ code: 0 });
    expect((await run('notify', 'list')).stdout).toContain('Ada  mqtt, downlink');
    const count = heard.length;
    expect(await run('notify', 'test', 'ada')).toMatchObject({ code: 0 });
    await eventually('the test has come', () => heard.length > count);
    expect((await run('notify', 'log', '--limit', '5')).stdout.split('\n').length).toBeGreaterThan(1);
  }, 60_000);
});
