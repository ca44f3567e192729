/** `--write-out`: a line about a finished transfer, in curl's format. */

/** What there is to say about a transfer. Times are counted from its start, in milliseconds. */
export interface TransferReport {
  readonly url: string;
  readonly urlIndex: number;
  readonly method: string;
  /** Of the last request. */
  readonly effectiveUrl: string;
  /** 0: there was no answer. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly redirects: number;
  /** Where a redirect leads that was not followed. */
  readonly redirectUrl: string;
  /** Where the body was written to; empty for standard output. */
  readonly filename: string;
  readonly bodyBytes: number;
  /** Until the mixnet was connected. */
  readonly setupMs: number;
  /** Until the head of the last answer had come. */
  readonly headMs: number;
  readonly totalMs: number;
  readonly exitCode: number;
  readonly error: string;
}

/** Value as shown, and as in %{json}. */
type Variable = (report: TransferReport) => string | number;

export const writeOutVariables = {
  content_type: ({ headers }) => headerValues(headers, 'content-type').at(-1) ?? '',
  errormsg: ({ error }) => error,
  exitcode: ({ exitCode }) => exitCode,
  filename_effective: ({ filename }) => filename,
  http_code: ({ status }) => status,
  http_version: ({ status }) => (status === 0 ? '0' : '1.1'),
  method: ({ method }) => method,
  num_redirects: ({ redirects }) => redirects,
  redirect_url: ({ redirectUrl }) => redirectUrl,
  response_code: ({ status }) => status,
  scheme: ({ effectiveUrl }) => new URL(effectiveUrl).protocol.slice(0, -1),
  size_download: ({ bodyBytes }) => bodyBytes,
  speed_download: ({ bodyBytes, totalMs }) => (totalMs === 0 ? 0 : Math.round((bodyBytes * 1000) / totalMs)),
  time_setup: ({ setupMs }) => seconds(setupMs),
  time_starttransfer: ({ headMs }) => seconds(headMs),
  time_total: ({ totalMs }) => seconds(totalMs),
  url: ({ url }) => url,
  url_effective: ({ effectiveUrl }) => effectiveUrl,
  urlnum: ({ urlIndex }) => urlIndex,
} as const satisfies Record<string, Variable>;

/** What `format` makes of the report, for each of the two outputs. `%{stderr}` and `%{stdout}` switch between them. */
export function writeOut(format: string, report: TransferReport): { readonly stdout: string; readonly stderr: string } {
  const texts = { stdout: '', stderr: '' };
  let output: keyof typeof texts = 'stdout';
  for (const [piece, variable, header, escaped] of format.matchAll(pieces)) {
    if (variable === 'stdout' || variable === 'stderr') output = variable;
    else if (variable !== undefined) texts[output] += shown(variable, report);
    else if (header !== undefined) texts[output] += headerValues(report.headers, header.toLowerCase())[0] ?? '';
    else if (escaped !== undefined) texts[output] += escapes[escaped] ?? piece;
    else texts[output] += piece === '%%' ? '%' : piece;
  }
  return texts;
}

/** %{name}, %header{name}, an escape, %% or anything else. */
const pieces = /%\{([^}]*)\}|%header\{([^}]*)\}|\\(.)|%%|[^%\\]+|[%\\]/gs;

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

function shown(name: string, report: TransferReport): string {
  if (name === 'json') {
    return JSON.stringify(
      Object.fromEntries(Object.entries(writeOutVariables).map(([key, variable]) => [key, variable(report)])),
    );
  }
  if (name === 'header_json') return JSON.stringify(headersByName(report.headers));
  if (!Object.hasOwn(writeOutVariables, name)) return `%{${name}}`;
  const value = writeOutVariables[name as keyof typeof writeOutVariables](report);
  // As curl has it: three digits, also for no answer, and seconds to the microsecond.
  if (name === 'http_code' || name === 'response_code') return String(value).padStart(3, '0');
  return name.startsWith('time_') ? Number(value).toFixed(6) : String(value);
}

function headersByName(headers: TransferReport['headers']): Record<string, string[]> {
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  return Object.fromEntries([...names].map(name => [name, headerValues(headers, name)]));
}

function headerValues(headers: TransferReport['headers'], name: string): string[] {
  return headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
}

function seconds(ms: number): number {
  return Math.round(ms * 1000) / 1_000_000;
}
