/** One URL of the command line: requests, redirects, body, and what is said about it all. */

import { MixnetError } from '../errors.ts';
import { rawHeaders } from '../fetch/index.ts';
import { CommandError, type FetchCommand, type Transfer } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import { failureOf } from './failure.ts';
import type { Fetcher, Streams } from './machinery.ts';
import { Output } from './output.ts';
import { Progress, sizeText } from './progress.ts';
import { followRedirect, type Hop, redirectTarget } from './redirects.ts';
import type { LoadedBody } from './request-body.ts';
import { basicAuthorization } from './request-options.ts';
import { type TransferReport, writeOut } from './write-out.ts';

export interface TransferContext {
  readonly fetcher: Fetcher;
  readonly command: FetchCommand;
  readonly body: LoadedBody | undefined;
  readonly streams: Streams;
  readonly signal: AbortSignal;
}

/** Never rejects: what goes wrong is said on standard error, and in the code. */
export async function runTransfer(context: TransferContext, transfer: Transfer, index: number): Promise<ExitCode> {
  return new TransferRun(context, transfer, index).run();
}

class TransferRun {
  readonly #context: TransferContext;
  readonly #transfer: Transfer;
  readonly #output: Output;
  readonly #progress: Progress;
  readonly #started = performance.now();
  readonly #report: { -readonly [Key in keyof TransferReport]: TransferReport[Key] };

  constructor(context: TransferContext, transfer: Transfer, index: number) {
    const { command, streams } = context;
    this.#context = context;
    this.#transfer = transfer;
    this.#output = new Output(transfer.output, streams.stdout);
    const isShown = streams.stderr.isTTY === true && !command.silent && !command.verbose;
    this.#progress = new Progress(isShown ? streams.stderr : undefined);
    this.#report = {
      url: transfer.url.href,
      urlIndex: index,
      method: command.method,
      effectiveUrl: transfer.url.href,
      status: 0,
      headers: [],
      redirects: 0,
      redirectUrl: '',
      filename: transfer.output ?? '',
      bodyBytes: 0,
      setupMs: 0,
      headMs: 0,
      totalMs: 0,
      exitCode: 0,
      error: '',
    };
  }

  async run(): Promise<ExitCode> {
    const { command, signal } = this.#context;
    const deadline = new AbortController();
    const timer = setTimeout(
      () => deadline.abort(new MixnetError('ERR_MIX_TIMEOUT_TOTAL')),
      command.timeouts.totalMs ?? forever,
    );
    try {
      await this.#fetch(AbortSignal.any([signal, deadline.signal]));
      return this.#finish(0, '');
    } catch (error) {
      const { exitCode, message } = signal.aborted ? interrupted : failureOf(error, this.#report.status > 0);
      return this.#finish(exitCode, message);
    } finally {
      clearTimeout(timer);
      await this.#output.close();
    }
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const { fetcher, command } = this.#context;
    this.#progress.show(() => `Connecting to the mixnet… ${this.#elapsed()}`);
    await fetcher.ready({ signal });
    this.#report.setupMs = performance.now() - this.#started;
    this.#tell('*', `Connected to the mixnet in ${this.#elapsed()}`);

    this.#progress.show(() => `Waiting for an answer… ${this.#elapsed()}`);
    let hop = this.#firstHop();
    let response = await this.#request(hop, signal);
    for (let target = this.#target(hop, response); target !== undefined; target = this.#target(hop, response)) {
      await response.body?.cancel();
      if (this.#report.redirects === command.maxRedirects) {
        throw new CommandError(`there are more than ${command.maxRedirects} redirects`, 47);
      }
      this.#report.redirects += 1;
      hop = followRedirect(hop, response.status, target, command.keepMethod);
      response = await this.#request(hop, signal);
    }
    if (command.fail && response.status >= 400) {
      await response.body?.cancel();
      throw new CommandError(`the status of the answer is ${response.status}`, 22);
    }
    await this.#writeBody(response);
  }

  #firstHop(): Hop {
    const { command, body } = this.#context;
    const { url, credentials } = this.#transfer;
    const isLoggedIn = command.headers.some(([name]) => name.toLowerCase() === 'authorization');
    const login: Hop['headers'] =
      credentials === undefined || isLoggedIn ? [] : [['Authorization', basicAuthorization(credentials)]];
    return { method: command.method, url, headers: [...command.headers, ...login], hasBody: body !== undefined };
  }

  async #request(hop: Hop, signal: AbortSignal): Promise<Response> {
    const { fetcher, body, command } = this.#context;
    const { method, url, headers } = hop;
    this.#report.method = method;
    this.#report.effectiveUrl = url.href;
    this.#tell('>', `${method} ${url.pathname}${url.search}`, `host: ${url.host}`, ...headers.map(line));
    const response = await fetcher(url, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      redirect: 'manual',
      signal,
      ...(hop.hasBody && body !== undefined && { body: body.next(), duplex: 'half' }),
    });
    const received = rawHeaders(response);
    this.#report.status = response.status;
    this.#report.headers = received;
    this.#report.headMs = performance.now() - this.#started;
    const head = [`HTTP/1.1 ${response.status} ${response.statusText}`, ...received.map(line)];
    this.#tell('<', ...head);
    if (command.include) await this.#output.writeHead(`${head.join('\r\n')}\r\n\r\n`);
    return response;
  }

  /** Where to go on; `undefined` if this is the answer. */
  #target(hop: Hop, response: Response): URL | undefined {
    const location = this.#report.headers.find(([name]) => name.toLowerCase() === 'location')?.[1];
    if (this.#context.command.maxRedirects !== undefined) return redirectTarget(hop, response.status, location);
    if (location !== undefined && URL.canParse(location, hop.url.href)) {
      this.#report.redirectUrl = new URL(location, hop.url).href;
    }
    return undefined;
  }

  async #writeBody(response: Response): Promise<void> {
    const { stdout } = this.#context.streams;
    // The line of progress and the body must not share a terminal.
    if (this.#transfer.output === undefined && stdout.isTTY) this.#progress.stop();
    else this.#progress.show(() => `${sizeText(this.#output.bodyBytes)} … ${this.#elapsed()}`);
    if (response.body !== null) for await (const bytes of response.body) await this.#output.writeBody(bytes);
    await this.#output.finish();
  }

  #finish(exitCode: ExitCode, error: string): ExitCode {
    const { command, streams } = this.#context;
    this.#progress.stop();
    if (exitCode !== 0 && exitCode !== 130 && (!command.silent || command.showError)) {
      streams.stderr.write(`mixfetch: (${exitCode}) ${error}\n`);
    }
    if (command.writeOut !== undefined) {
      const totalMs = performance.now() - this.#started;
      const report = { ...this.#report, bodyBytes: this.#output.bodyBytes, totalMs, exitCode, error };
      const { stdout, stderr } = writeOut(command.writeOut, report);
      if (stdout !== '') streams.stdout.write(stdout);
      if (stderr !== '') streams.stderr.write(stderr);
    }
    return exitCode;
  }

  #tell(mark: '*' | '>' | '<', ...lines: readonly string[]): void {
    if (!this.#context.command.verbose) return;
    for (const text of lines) this.#context.streams.stderr.write(`${mark} ${text}\n`);
  }

  #elapsed(): string {
    return `${((performance.now() - this.#started) / 1000).toFixed(1)} s`;
  }
}

const interrupted = { exitCode: 130, message: 'interrupted' } as const;

/** The longest timer there is. */
const forever = 2 ** 31 - 1;

function line([name, value]: readonly [string, string]): string {
  return `${name}: ${value}`;
}
