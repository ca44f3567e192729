/** The examples of published READMEs, run as they stand but for what they import. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The code blocks of `node_modules/<name>/README.md`, in their order. */
export function examplesOf(name: string): string[] {
  const path = fileURLToPath(new URL(`../../node_modules/${name}/README.md`, import.meta.url));
  const readme = readFileSync(path, 'utf8');
  return [...readme.matchAll(/^```(?:js|ts)\n([\s\S]*?)^```$/gm)].map(match => match[1] ?? '');
}

/**
 * Runs one, and gives what it has in `result` at its end.
 *
 * @param modules what its import statements bring, by their specifier.
 * @param given names that it takes for granted.
 */
export async function run(
  example: string,
  result: string,
  modules: Readonly<Record<string, object>>,
  given: object = {},
): Promise<unknown> {
  const body = example
    .replace(/^import (\{[^}]*\}) from ('[^']+');$/gm, 'const $1 = modules[$2];')
    // Where a program of one's own would go on.
    .replace(/^\.\.\.$/gm, '');
  const program: (...values: unknown[]) => Promise<unknown> = new AsyncFunction(
    'modules',
    ...Object.keys(given),
    `${body}\nreturn ${result};`,
  );
  return program(modules, ...Object.values(given));
}

const AsyncFunction = (async () => {}).constructor as new (
  ...parametersAndBody: string[]
) => (...values: unknown[]) => Promise<unknown>;
