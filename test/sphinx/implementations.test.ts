import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('packets are the same with node:crypto and with noble alone', async () => {
  const [byNode, portable] = await Promise.all([digest(), digest('--conditions=mixfetch-portable')]);
  expect(byNode.implementation).toBe('node');
  expect(portable).toEqual({ ...byNode, implementation: 'portable' });
}, 60_000);

async function digest(...conditions: string[]): Promise<{ digest: string; implementation: string }> {
  const script = fileURLToPath(new URL('./digest-of-packets.ts', import.meta.url));
  const args = ['--conditions=mixfetch-source', ...conditions, '--import', 'tsx', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}
