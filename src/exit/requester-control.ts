/**
 * Control messages: one tag, then JSON where an answer has content (nymtech/nym
 * `service-providers/common/src/interface/control.rs`). No shipped client asks; an exit answers all the same.
 */

import { concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';

export type ControlRequest = 'health' | 'binary-info' | 'supported-versions';

/** A version number of 3 or higher, or what was there before versions. */
export type RequesterVersionNumber = number | 'legacy';

export type ControlResponse =
  | { readonly about: 'health' }
  | { readonly about: 'binary-info'; readonly binaryName: string; readonly build: Readonly<Record<string, string>> }
  | {
      readonly about: 'supported-versions';
      readonly interface: RequesterVersionNumber;
      readonly provider: RequesterVersionNumber;
    }
  | { readonly about: 'error'; readonly text: string };

export function encodeControlRequest(request: ControlRequest): Uint8Array {
  return Uint8Array.of(TAGS.indexOf(request));
}

export function decodeControlRequest(bytes: Uint8Array): ControlRequest {
  const request = TAGS[bytes[0] ?? -1];
  if (request === undefined) throw malformed();
  return request;
}

export function encodeControlResponse(response: ControlResponse): Uint8Array {
  if (response.about === 'health') return Uint8Array.of(0);
  const tag = response.about === 'error' ? ERROR_TAG : TAGS.indexOf(response.about);
  return concatBytes(Uint8Array.of(tag), new TextEncoder().encode(JSON.stringify(toJson(response))));
}

export function decodeControlResponse(bytes: Uint8Array): ControlResponse {
  const tag = bytes[0];
  if (tag === 0) return { about: 'health' };
  const json = parseJson(bytes.subarray(1));
  if (tag === 1) return binaryInfo(json);
  if (tag === 2) {
    const [inner, outer] = [text(json, 'provider_version'), text(json, 'interface_version')];
    return { about: 'supported-versions', interface: versionNumber(outer), provider: versionNumber(inner) };
  }
  if (tag === ERROR_TAG) return { about: 'error', text: text(json, 'message') };
  throw malformed();
}

const TAGS: readonly ControlRequest[] = ['health', 'binary-info', 'supported-versions'];
const ERROR_TAG = 0xff;

type Json = Readonly<Record<string, unknown>>;

function toJson(response: Exclude<ControlResponse, { about: 'health' }>): Json {
  switch (response.about) {
    case 'binary-info':
      return { binary_name: response.binaryName, build_information: response.build };
    case 'supported-versions':
      return {
        interface_version: versionJson(response.interface),
        provider_version: versionJson(response.provider),
      };
    case 'error':
      return { message: response.text };
  }
}

function binaryInfo(json: Json): ControlResponse {
  const build = asObject(json['build_information']);
  for (const name of Object.keys(build)) text(build, name);
  return { about: 'binary-info', binaryName: text(json, 'binary_name'), build: build as Record<string, string> };
}

/** A version travels as JSON inside a JSON string. */
function versionJson(version: RequesterVersionNumber): string {
  return JSON.stringify(version === 'legacy' ? { type: 'Legacy' } : { type: 'Versioned', version });
}

function versionNumber(json: string): RequesterVersionNumber {
  const { type, version } = asObject(parse(json));
  if (type === 'Legacy') return 'legacy';
  if (type !== 'Versioned' || typeof version !== 'number') throw malformed();
  return version;
}

function parseJson(bytes: Uint8Array): Json {
  try {
    return asObject(parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw malformed(cause);
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw malformed(cause);
  }
}

function asObject(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed();
  return value as Json;
}

function text(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw malformed();
  return value;
}

function malformed(cause?: unknown): MixnetError {
  return new MixnetError('ERR_MIX_EXIT_MALFORMED', { message: 'A control message is malformed.', cause });
}
