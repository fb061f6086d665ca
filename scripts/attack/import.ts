/** Files of 8 MB that are no devices (S7), one after the other and together: `node scripts/attack/import.ts`. */
import { underAttack } from './box.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const filled = (piece: string, head = ''): string =>
  head + piece.repeat(Math.floor((MAX_BYTES - head.length) / piece.length));

const files: Readonly<Record<string, string>> = {
  'nested lists': filled('['),
  'nested objects': filled('{"a":'),
  quotes: filled('"'),
  'quotes under a heading': filled('"', 'dev_eui\n'),
  'wide rows': filled(`${'1,'.repeat(250)}\n`, 'dev_eui\n'),
  'empty rows': filled(',\n', 'dev_eui\n'),
  'empty lists': filled('[],', '['),
  'devices without keys': filled('{"a":1},', '['),
  'good devices': `dev_eui,app_key\n${Array.from({ length: 10_000 }, (_, i) => `${hex(i, 16)},${hex(i, 32)}\n`).join('')}`,
};

function hex(i: number, digits: number): string {
  return (i + 1).toString(16).padStart(digits, '0');
}

for (const [name, file] of Object.entries(files)) {
  await underAttack(`an import of 8 MB: ${name}`, {}, async ({ appliance }) => {
    const answer = await send(appliance.url, file);
    console.log(answer.slice(0, 200));
  });
}
// Made beforehand: who watches the answers is this process.
const manyRows = new Blob([filled(',\n', 'dev_eui\n')]);
await underAttack('20 imports of 8 MB at once', {}, async ({ appliance }) => {
  await Promise.all(Array.from({ length: 20 }, () => send(appliance.url, manyRows)));
});

async function send(url: string, body: string | Blob): Promise<string> {
  try {
    const headers = { 'content-type': 'text/csv' };
    return await (await fetch(`${url}/api/v1/devices/import`, { method: 'POST', headers, body })).text();
  } catch (error) {
    // A connection that ends is an answer too.
    return String(error);
  }
}
