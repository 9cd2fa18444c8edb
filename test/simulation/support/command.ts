import { execFile } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

/** Runs `npm run simulate` with these arguments; `last` is the last line of its output, parsed where it is JSON. */
export async function simulate(
  ...args: string[]
): Promise<{ code: number; out: string; err: string; last: unknown }> {
  const command = [require.resolve('tsx/cli'), join(root, 'test/simulation/main.ts'), ...args];
  return await new Promise((resolve) => {
    const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, command, options, (error, out, err) => {
      const text = out.trim().split('\n').at(-1) ?? '';
      const code = error ? Number(error.code ?? 1) : 0;
      resolve({ code, out, err, last: text.startsWith('{') ? (JSON.parse(text) as unknown) : text });
    });
  });
}
