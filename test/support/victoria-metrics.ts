/** A VictoriaMetrics for tests: it takes InfluxDB's write requests and is small enough to start for one test. */
import { findServer, freePort, type RunningServer, startServer, temporaryFolder } from './process.ts';

export interface VictoriaMetrics {
  readonly url: string;
  /** Values stored under `name` ('reading_temperature'), with their labels. */
  series(name: string): Promise<readonly StoredSeries[]>;
  stop(): Promise<void>;
}

export interface StoredSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  /** Epoch milliseconds: it stores no finer. */
  readonly timestamps: readonly number[];
}

/** An empty one on a free port. */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const command = findServer('victoria-metrics');
  if (command === undefined) throw new Error('victoria-metrics is not installed');
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    `-httpListenAddr=127.0.0.1:${port}`,
    `-storageDataPath=${folder.path}`,
    '-memory.allowedBytes=64MB',
  ];
  // Readings of any age are welcome; its own default drops what is older than a month.
  const server: RunningServer = await startServer(command, [...args, '-retentionPeriod=100y'], { port });
  return {
    url,
    async series(name) {
      await fetch(`${url}/internal/force_flush`);
      const query = new URLSearchParams({ 'match[]': name, start: '0', end: '9999999999' });
      const text = await (await fetch(`${url}/api/v1/export?${query}`)).text();
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as StoredSeries);
    },
    async stop() {
      await server.stop();
      folder.remove();
    },
  };
}
