/**
 * The list of what the program is made of, CycloneDX 1.5, from the lock file: every package that is not only for
 * development, with its licence and the hash it was installed by, and the Node.js in the executable. No time and no random
 * number in it, so one commit has one list.
 */

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Component {
  readonly type: 'library' | 'platform' | 'application';
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: 'SHA-512'; readonly content: string }[];
  readonly licenses?: readonly object[];
}

/** `lock` is the text of package-lock.json. */
export function softwareBill(
  lock: string,
  { version, commit }: { readonly version: string; readonly commit: string },
): object {
  const { packages } = JSON.parse(lock) as { packages: Readonly<Record<string, LockedPackage>> };
  const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const main = {
    type: 'application',
    'bom-ref': `webscada-edge@${version}`,
    name: 'webscada-edge',
    version,
    properties: [{ name: 'commit', value: commit }],
  };
  const components = installed.map(([path, entry]) => componentOf(nameOf(path), entry));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: main },
    components: distinct(components),
    dependencies: [
      { ref: main['bom-ref'], dependsOn: refsOf('', packages) },
      ...installed.map(([path, entry]) => ({
        ref: refOf(nameOf(path), entry),
        dependsOn: refsOf(path, packages),
      })),
    ].filter(({ ref }, index, all) => all.findIndex((other) => other.ref === ref) === index),
  };
}

function distinct(components: readonly Component[]): Component[] {
  const byRef = new Map(components.map((component) => [component['bom-ref'], component]));
  return [...byRef.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
}

/** 'node_modules/a/node_modules/@b/c' -> '@b/c'. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function refOf(name: string, { version = '' }: LockedPackage): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function componentOf(name: string, entry: LockedPackage): Component {
  const { version = '', integrity = '', license } = entry;
  const sha512 = /sha512-(\S+)/.exec(integrity)?.[1];
  return {
    type: name.startsWith('node-linux-') ? 'platform' : 'library',
    'bom-ref': refOf(name, entry),
    name,
    version,
    purl: refOf(name, entry),
    ...(sha512
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }] }
      : {}),
    ...(license ? { licenses: [licenseOf(license)] } : {}),
  };
}

/** An SPDX id, or an expression of several. */
function licenseOf(license: string): object {
  return /^[\w.+-]+$/.test(license) ? { license: { id: license } } : { expression: license };
}

/** The packages that the one at `path` depends on, found as Node finds them: its own folder first, then outwards. */
function refsOf(path: string, packages: Readonly<Record<string, LockedPackage>>): string[] {
  const own = packages[path];
  const optional = (own as { optionalDependencies?: Record<string, string> } | undefined)
    ?.optionalDependencies;
  return Object.keys({ ...own?.dependencies, ...optional })
    .flatMap((name) => {
      for (
        let folder = path;
        ;
        folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))
      ) {
        const entry = packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`];
        if (entry) return entry.dev === true ? [] : [refOf(name, entry)];
        if (folder === '') return [];
      }
    })
    .sort();
}
