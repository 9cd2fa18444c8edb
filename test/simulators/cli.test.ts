import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startSimulators } from './cli';
import { startQuickBooksSimulator } from './quickbooks';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('the simulators command', () => {
  it('prints one line of descriptors and listens beside the port base', async () => {
    const port = await freePort();
    const { exitCode, out, close } = await startSimulators(['--port-base', String(port - 1), '--seed', '7']);
    expect(exitCode).toBeUndefined();
    expect(out).toMatch(/^\{"quickbooks":.*\}\n$/);
    expect(out).toContain(`"baseUrl":"http://127.0.0.1:${port}"`);
    await close();
  });

  it.each([['--sed', '1'], ['--seed', 'x'], ['--port-base', '70000'], ['stray']])(
    'lists the flags for %s',
    async (...args) => {
      const { exitCode, out, err } = await startSimulators(args);
      expect([exitCode, out]).toEqual([2, '']);
      expect(err).toContain('--port-base <n>');
    },
  );

  it('names a port that is in use', async () => {
    const { descriptor, close } = await startQuickBooksSimulator();
    const port = Number(new URL(descriptor.baseUrl).port);
    const { exitCode, err } = await startSimulators(['--port-base', String(port - 1)]);
    expect([exitCode, err]).toEqual([
      1,
      `Port ${port} for quickbooks is in use: choose another --port-base\n`,
    ]);
    await close();
  });
});
