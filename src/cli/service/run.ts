/**
 * A service from its start to its end: a client that is connected for as long as the process lives, and a server for other
 * programs above it.
 */

import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { MixnetError } from '../../errors.ts';
import type { MixnetClient } from '../../mixnet-client/index.ts';
import { CommandError, type ServiceCommand } from '../command.ts';
import { failureOf } from '../failure.ts';
import type { Machinery, Streams } from '../machinery.ts';
import { sealed } from '../secrets.ts';
import { type Equipment, equip } from './equipment.ts';
import { type Face, faces } from './faces.ts';
import { type KeptService, keptService, settingsOf } from './keep.ts';
import { ServiceReport } from './report.ts';
import { Told } from './told.ts';

/** What is open at the end gets so long to end, and the last of it so long to leave; a second signal ends it at once. */
const FACE_DRAIN = 5_000;
const CLIENT_DRAIN = 2_000;
/** The longest timer there is. */
const FOR_EVER = 2 ** 31 - 1;

/** Between attempts to connect for the first time, ms; doubled with each. A client that was connected sees to it itself. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** Until the signal aborts. Told to reload, reads its settings anew, and begins again what has to be different. */
export async function runService(
  command: ServiceCommand,
  streams: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<void> {
  const report = new ServiceReport(streams, { asJson: command.status });
  for (const note of command.notes) report.note(note);
  const told = new Told(signal, machinery.onReload);
  let devnet: Awaited<ReturnType<Machinery['startDevnet']>> | undefined;
  let service: RunningService | undefined;
  try {
    if (command.devnet) devnet = await machinery.startDevnet({ allowLocal: true, signal });
    service = new RunningService({ command, machinery, report, told, signal, devnetApi: devnet?.api, streams });
    await service.run();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    if (signal.aborted) report.state('draining');
    await service?.end();
    await devnet?.close();
    told.close();
    report.state('closed');
  }
}

interface Parts {
  readonly command: ServiceCommand;
  readonly machinery: Machinery;
  readonly report: ServiceReport;
  readonly told: Told;
  readonly signal: AbortSignal;
  readonly devnetApi: string | undefined;
  readonly streams: Streams;
}

class RunningService {
  readonly #parts: Parts;
  readonly #kept: KeptService | undefined;
  #client: MixnetClient | undefined;
  /** The last listens; those before it do not any more, but what they have open goes on. */
  readonly #faces = new Set<Face>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#kept = keptService(parts.command);
  }

  async run(): Promise<void> {
    const { told, signal } = this.#parts;
    let equipment = await this.#connect(await this.#equip());
    await this.#listen(equipment);
    for (await told.next(); !signal.aborted; await told.next()) equipment = await this.#reload(equipment);
  }

  /** What is open gets its time to end, and the client to send what it has. */
  async end(): Promise<void> {
    await Promise.all([...this.#faces].map(face => face.close({ drain: FACE_DRAIN })));
    this.#faces.clear();
    await this.#client?.close({ drain: CLIENT_DRAIN });
    this.#client = undefined;
  }

  async #equip(): Promise<Equipment> {
    return equip(await settingsOf(this.#parts.command, this.#kept), this.#parts.devnetApi);
  }

  /** Until it is connected. Each attempt is by the settings as they are then; gives those that it went by. */
  async #connect(first: Equipment): Promise<Equipment> {
    const { report, told, signal } = this.#parts;
    let equipment = first;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      report.state('connecting');
      try {
        this.#client = await this.#newClient(equipment);
        return equipment;
      } catch (error) {
        if (signal.aborted || !mayPass(error)) throw this.#explained(error);
        const delay = randomInt(pause / 2, pause);
        report.note(failureOf(error).message);
        report.state('waiting', { code: error.code, seconds: Math.ceil(delay / 1000) });
        await told.next(delay);
        signal.throwIfAborted();
        equipment = await this.#equip();
      }
    }
  }

  async #newClient({ client: options, passphrase }: Equipment): Promise<MixnetClient> {
    const { machinery, report, signal, command, streams } = this.#parts;
    const line = (message: string) => streams.stderr.write(`${message}\n`);
    const client = await machinery.connect({
      ...options,
      signal,
      storage: this.#kept && sealed(this.#kept.storage, passphrase),
      logger: command.verbose ? { debug: line, info: line, warn: line, error: line } : undefined,
    });
    if (options.traffic !== undefined) report.note('without cover, whoever watches the line sees when it is used');
    client.addEventListener('gateway-lost', ({ detail: { code } }) => report.state('reconnecting', { code }));
    client.addEventListener('gateway-back', () => report.state('connected'));
    client.addEventListener('storage-failed', ({ detail: { code } }) =>
      report.note(`the client could not be stored; that is tried again [${code}]`),
    );
    client.addEventListener('topology-failed', ({ detail: { code } }) =>
      report.note(`the directory gave no good view of the network; the last one stays in use [${code}]`),
    );
    return client;
  }

  async #listen({ face: options }: Equipment): Promise<void> {
    const { command, report } = this.#parts;
    if (this.#client === undefined) return;
    const { about, open } = faces[command.service];
    let face: Face;
    try {
      face = await open(this.#client, options);
    } catch (cause) {
      throw new CommandError(cause instanceof Error ? cause.message : 'cannot listen', 2, { cause });
    }
    this.#faces.add(face);
    report.note(about);
    report.state('listening', { url: face.url, address: this.#client.address });
  }

  /** Ends no more than what is to be different. Gives the settings that hold now. */
  async #reload(before: Equipment): Promise<Equipment> {
    const { report } = this.#parts;
    let after: Equipment;
    try {
      after = await this.#equip();
    } catch (error) {
      report.note(`the settings stay as they were: ${failureOf(error).message}`);
      return before;
    }
    if (isDeepStrictEqual(before, after)) {
      report.note('the settings are as they were');
      return before;
    }
    report.state('reloading');
    if (isDeepStrictEqual([before.client, before.passphrase], [after.client, after.passphrase])) {
      this.#letGo();
    } else {
      await this.end();
      after = await this.#connect(after);
    }
    try {
      await this.#listen(after);
      return after;
    } catch (error) {
      report.note(`it listens as before: ${failureOf(error).message}`);
      await this.#listen(before);
      return { ...after, face: before.face };
    }
  }

  /** Takes no more, so that another can listen in its place. What is open goes on. */
  #letGo(): void {
    for (const face of this.#faces) {
      const gone = () => this.#faces.delete(face);
      face.close({ drain: FOR_EVER }).then(gone, gone);
    }
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof MixnetError) || error.code !== 'ERR_MIX_STORAGE_LOCKED') return error;
    const where = this.#kept === undefined ? '' : ` The directory is "${this.#kept.directory}".`;
    const message = `${error.message}${where} Another service needs another --id or --data-dir.`;
    return new CommandError(message, 2, { cause: error });
  }
}

/** What another attempt may find otherwise: the network and the line, but neither the storage nor the settings. */
function mayPass(error: unknown): error is MixnetError {
  return error instanceof MixnetError && /^ERR_MIX_(DIRECTORY|GATEWAY|MIXNET|TIMEOUT)_/.test(error.code);
}
