/** The parent's side of a published client in a process of its own. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Arrivals } from './arrivals.ts';
import type { PeerCommand, PeerReport } from './wasm-peer.ts';

export interface PeerMessage {
  readonly data: Uint8Array;
  /** Whether the peer could answer it: a sender's tag came with it. */
  readonly tagged: boolean;
}

const START_WITHIN = 60_000;
const ACCEPTED_WITHIN = 30_000;
const program = fileURLToPath(new URL('./wasm-peer.ts', import.meta.url));

export class Peer {
  /** What the peer received, in order. */
  readonly messages = new Arrivals<PeerMessage>();
  /** The control messages between it and gateways, in order: `> register` is sent by the peer, `< register` to it. */
  readonly controls: string[] = [];
  readonly #process: ChildProcess;
  readonly #ready = new Arrivals<string>();
  readonly #commands = new Map<number, Arrivals<'accepted'>>();
  #address = '';
  #nextId = 1;

  private constructor(child: ChildProcess) {
    this.#process = child;
    child.on('message', (report: PeerReport) => this.#hear(report));
    child.on('exit', (code, signal) => this.#end(new Error(`the peer is gone (${signal ?? code})`)));
  }

  /** Starts one, and waits until it is connected to that gateway. */
  static async start(options: { readonly api: string; readonly gateway: string }): Promise<Peer> {
    const child = fork(program, [options.api, options.gateway], {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const peer = new Peer(child);
    try {
      peer.#address = await peer.#ready.next({ within: START_WITHIN });
      return peer;
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  get address(): string {
    return this.#address;
  }

  /** Its identity alone: what a gateway knows it by. */
  get identity(): string {
    return this.#address.split('.')[0] ?? '';
  }

  /** This and the next two resolve when the message is in the peer's queue, and reject with its own words. */
  send(to: string, data: Uint8Array): Promise<void> {
    return this.#command({ do: 'send', id: this.#nextId++, to, data });
  }

  sendAnonymous(to: string, data: Uint8Array, surbs: number): Promise<void> {
    return this.#command({ do: 'send-anonymous', id: this.#nextId++, to, data, surbs });
  }

  /** @param senderTag base58 */
  reply(senderTag: string, data: Uint8Array): Promise<void> {
    return this.#command({ do: 'reply', id: this.#nextId++, senderTag, data });
  }

  /** Resolves when its process is gone. */
  async leave(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.send({ do: 'leave' } satisfies PeerCommand);
    else this.#process.kill();
    await gone;
  }

  async #command(command: Exclude<PeerCommand, { do: 'leave' }>): Promise<void> {
    const outcome = new Arrivals<'accepted'>();
    this.#commands.set(command.id, outcome);
    this.#process.send(command);
    await outcome.next({ within: ACCEPTED_WITHIN });
  }

  #hear(report: PeerReport): void {
    switch (report.is) {
      case 'ready':
        this.#ready.push(report.address);
        break;
      case 'control':
        this.controls.push(report.type);
        break;
      case 'message':
        this.messages.push({ data: report.data, tagged: report.tagged });
        break;
      case 'failed':
        this.#end(new Error(`the peer failed: ${report.why}`));
        break;
      case 'accepted':
        this.#commands.get(report.id)?.push('accepted');
        this.#commands.delete(report.id);
        break;
      case 'refused':
        this.#commands.get(report.id)?.end(new Error(`the peer refused: ${report.why}`));
        this.#commands.delete(report.id);
        break;
    }
  }

  #end(why: Error): void {
    for (const waiting of [this.#ready, this.messages, ...this.#commands.values()]) waiting.end(why);
    this.#commands.clear();
  }
}
