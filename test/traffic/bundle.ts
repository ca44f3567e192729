/** The watched client as one file for a runtime; on request with a defect of the reference put back in. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

export type Runtime = 'node' | 'browser';

/** A line of the source, and what stands in its place in the defective client. */
export interface Defect {
  readonly name: string;
  readonly file: string;
  readonly line: string;
  readonly instead: string;
}

/** Two that the reference has, and the tests have to notice. */
export const defects = {
  /** Cover of another version than everything else: every node knows it for cover. */
  coverVersion: {
    name: 'cover packets of Sphinx version 258',
    file: 'src/client/packet-builder.ts',
    line: 'const { bytes, firstHop } = buildPacket({ route, delaysNs, destination, plaintext, size: SIZE, random });',
    instead:
      'const { bytes, firstHop } = buildPacket({ route, delaysNs, destination, plaintext, size: SIZE, random,' +
      ' version: fragment === this.#cover ? 258 : 259 });',
  },
  /**
   * What a stall has made late goes out at once after it: a burst that tells the stall, and that somebody was there.
   */
  catchingUp: {
    name: 'slots missed in a stall made up for at once',
    file: 'src/client/send-schedule.ts',
    line: 'if (now < this.#next) return 0;',
    instead: `if (now < this.#next) return 0;
      let missed = 0;
      for (; this.#next <= now; missed++) this.#next += this.#gap();
      return missed;`,
  },
} as const satisfies Record<string, Defect>;

/** The code of `entry`, which is a file beside this one, with all it imports. */
export async function bundle(entry: string, runtime: Runtime, defect?: Defect): Promise<string> {
  let changed = false;
  const change: Plugin = {
    name: 'defect',
    setup({ onLoad }) {
      if (defect === undefined) return;
      onLoad({ filter: new RegExp(`${defect.file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        changed = source.split(defect.line).length === 2;
        return { contents: source.replace(defect.line, defect.instead), loader: 'ts' };
      });
    },
  };
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: runtime === 'node' ? 'node' : 'browser',
    conditions: runtime === 'node' ? ['mixfetch-source', 'node'] : ['mixfetch-source'],
    // Packages of CommonJS, as `ws` is one, cannot be put into a module.
    packages: runtime === 'node' ? 'external' : 'bundle',
    plugins: [change],
  });
  if (defect !== undefined && !changed) throw new Error(`the line for "${defect.name}" is not in the source any more`);
  return outputFiles[0]?.text ?? '';
}

const root = fileURLToPath(new URL('../..', import.meta.url));
