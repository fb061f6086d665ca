/** Which broker a new installation uses where there is one on the machine already: that one, or ours on another port. */
import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.ts';
import type { Machine } from '../ops/install/machine.ts';
import { fail, failToRead } from './fail.ts';
import { type CliWorld, EXIT, type Given, type Option } from './verb.ts';

export const BROKER_OPTIONS = {
  broker: {
    type: 'string',
    value: 'URL',
    summary: 'a broker that is there already, as mqtt://127.0.0.1:1883',
  },
  'broker-user': { type: 'string', value: 'NAME', summary: 'our user name there' },
  'broker-password-file': { type: 'string', value: 'FILE', summary: 'file with our password there' },
  'broker-port': { type: 'string', value: 'N', summary: 'port of our own broker; 1883 if not given' },
} as const satisfies Readonly<Record<string, Option>>;

/** Ports that are tried after the one in use. */
const OTHER_PORTS = 20;

export interface BrokerChoice {
  readonly values: { readonly mqtt?: Readonly<Record<string, string | number>> };
  readonly secrets: Readonly<Record<string, string>>;
}

const NONE: BrokerChoice = { values: {}, secrets: {} };

/** What the options say of the broker; the exit code when that is wrong. */
export async function brokerOfOptions(given: Given, world: CliWorld): Promise<BrokerChoice | number> {
  const [url, username] = [given.text('broker'), given.text('broker-user')];
  const [file, port] = [given.text('broker-password-file'), given.text('broker-port')];
  if (url === undefined && (username ?? file) !== undefined)
    return fail(world, '--broker-user and --broker-password-file want --broker URL', EXIT.usage);
  if (url !== undefined && port !== undefined)
    return fail(world, '--broker and --broker-port exclude each other', EXIT.usage);
  if (port !== undefined) {
    const number = Number(port);
    if (!Number.isInteger(number) || number < 1 || number > 65_535)
      return fail(world, '--broker-port wants a number from 1 to 65535', EXIT.usage);
    return { values: { mqtt: { mode: 'embedded', embedded_port: number } }, secrets: {} };
  }
  if (url === undefined) return NONE;
  if (file === undefined) return external(url, username, undefined);
  try {
    return external(url, username, (await readFile(file, 'utf8')).replace(/\r?\n$/, ''));
  } catch (error) {
    return failToRead(world, file, error);
  }
}

/** Asks when the port of our broker is taken. Where nobody can answer, nothing is chosen: the checks tell it. */
export async function chooseBroker(
  { mode, embeddedHost, embeddedPort }: Config['mqtt'],
  machine: Machine,
  { ask, stdout }: CliWorld,
): Promise<BrokerChoice> {
  if (mode !== 'embedded' || !ask || (await machine.portFree(embeddedHost, embeddedPort))) return NONE;
  const url = `mqtt://127.0.0.1:${embeddedPort}`;
  const question = `Port ${embeddedPort} is in use, most likely by a broker such as Mosquitto. Use that one, ${url}? [y/n] `;
  const answer = (await ask(question))?.trim() ?? '';
  if (/^y(es)?$/i.test(answer)) {
    const username = (await ask('Our user name there (nothing: none): '))?.trim() || undefined;
    const password = username && (await ask('The password (it is shown): '));
    return external(url, username, password || undefined);
  }
  if (!/^no?$/i.test(answer)) return NONE;
  for (let port = embeddedPort + 1; port <= embeddedPort + OTHER_PORTS; port++) {
    if (!(await machine.portFree(embeddedHost, port))) continue;
    stdout.write(`Our own broker takes port ${port}.\n`);
    return { values: { mqtt: { mode: 'embedded', embedded_port: port } }, secrets: {} };
  }
  return NONE;
}

function external(url: string, username: string | undefined, password: string | undefined): BrokerChoice {
  return {
    values: { mqtt: { mode: 'external', url, ...(username === undefined ? {} : { username }) } },
    secrets: password === undefined ? {} : { 'mqtt.password': password },
  };
}
