/**
 * Makes a release of what `npm run build` left in out/: the executables under their full names, for each a signature the
 * program checks itself, and for all of them SHA256SUMS with its own signature, a CycloneDX list of the parts
 * (sbom.cdx.json) and version.json. The same inputs give the same bytes.
 *
 *   node scripts/release.ts --key private.pem [--output out/release]     (or RELEASE_PRIVATE_KEY_FILE)
 *   node scripts/release.ts --new-key FOLDER                             makes a pair of keys
 *
 * SHA256SUMS.sig is plain Ed25519: openssl pkeyutl -verify -pubin -inkey release.pub.pem -rawin -in SHA256SUMS -sigfile …
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { digestFile, signStatement } from '../src/ops/upgrade/signature.ts';
import { softwareBill } from './sbom.ts';

const root = dirname(import.meta.dirname);

export interface ReleasePlan {
  /** Executables, by architecture. */
  readonly executables: Readonly<Record<string, string>>;
  readonly version: string;
  readonly commit: string;
  readonly key: KeyObject;
  /** Folder to fill; what is in it goes. */
  readonly output: string;
  readonly bill: object;
}

/** Writes the release; resolves to the names of its files. */
export async function makeRelease(plan: ReleasePlan): Promise<readonly string[]> {
  const { version, commit, key, output } = plan;
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const names: string[] = [];
  const write = (name: string, content: string | Buffer): void => {
    writeFileSync(join(output, name), content);
    names.push(name);
  };
  const statements = [];
  for (const [arch, file] of Object.entries(plan.executables)) {
    const name = `webscada-edge-${version}-linux-${arch}`;
    copyFileSync(file, join(output, name));
    names.push(name);
    const digest = await digestFile(join(output, name));
    const statement = {
      name: 'webscada-edge',
      version,
      commit,
      arch,
      size: digest.size,
      sha256: digest.sha256,
    } as const;
    statements.push({ file: name, ...statement });
    write(`${name}.sig`, signStatement(statement, key));
  }
  write(
    'version.json',
    `${JSON.stringify({ name: 'webscada-edge', version, commit, files: statements }, null, 2)}\n`,
  );
  write('sbom.cdx.json', `${JSON.stringify(plan.bill, null, 2)}\n`);
  write('release.pub.pem', createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  const lines = await Promise.all(
    [...names].sort().map(async (name) => `${(await digestFile(join(output, name))).sha256}  ${name}\n`),
  );
  write('SHA256SUMS', lines.join(''));
  write('SHA256SUMS.sig', sign(null, Buffer.from(lines.join('')), key));
  return names;
}

function newKey(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const file = join(folder, 'release.pem');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 });
  writeFileSync(join(folder, 'release.pub.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  console.log(
    `${file}: keep it away from here; build with RELEASE_PUBLIC_KEY_FILE=${folder}/release.pub.pem`,
  );
}

/** What the last build was made of, so that the release cannot say something else. */
function builtFrom(): { readonly version: string; readonly commit: string } {
  return JSON.parse(readFileSync(join(root, 'dist/built'), 'utf8')) as { version: string; commit: string };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { key: { type: 'string' }, output: { type: 'string' }, 'new-key': { type: 'string' } },
  });
  if (values['new-key'] !== undefined) return newKey(values['new-key']);
  const keyFile = values.key ?? process.env.RELEASE_PRIVATE_KEY_FILE;
  if (!keyFile) throw new Error('give --key FILE or RELEASE_PRIVATE_KEY_FILE; --new-key FOLDER makes one');
  const { version, commit } = builtFrom();
  const other = process.arch === 'x64' ? 'arm64' : 'x64';
  const found = {
    [process.arch]: join(root, 'out/webscada-edge'),
    [other]: join(root, 'out', other, 'webscada-edge'),
  };
  const executables = Object.fromEntries(Object.entries(found).filter(([, file]) => existsSync(file)));
  if (Object.keys(executables).length === 0) throw new Error('there is nothing in out/: run npm run build');
  const bill = softwareBill(readFileSync(join(root, 'package-lock.json'), 'utf8'), { version, commit });
  const key = createPrivateKey(readFileSync(keyFile));
  const output = values.output ?? join(root, 'out/release');
  for (const name of await makeRelease({ executables, version, commit, key, output, bill }))
    console.log(name);
}

if (process.argv[1] === import.meta.filename) {
  try {
    await main();
  } catch (error) {
    console.error(`release: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
