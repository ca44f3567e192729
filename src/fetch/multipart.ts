/**
 * FormData as multipart/form-data, written here rather than by the platform, whose boundary would name it
 * (HTML Standard, "multipart/form-data encoding algorithm"; RFC 7578).
 */

import type { RandomBytes } from '../platform/platform.ts';

export interface Multipart {
  /** Replayable and of known size; the files in it are not copied. */
  readonly blob: Blob;
  readonly contentType: string;
}

export function encodeMultipart(entries: Iterable<readonly [string, string | Blob]>, random: RandomBytes): Multipart {
  const boundary = `----FormBoundary${hex(random(16))}`;
  const parts: (string | Blob)[] = [];
  for (const [name, value] of entries) {
    const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(withCrLf(name))}"`;
    if (typeof value === 'string') parts.push(`${disposition}\r\n\r\n${withCrLf(value)}\r\n`);
    else {
      const filename = escapeName('name' in value ? String(value.name) : 'blob');
      const type = value.type === '' ? 'application/octet-stream' : value.type;
      parts.push(`${disposition}; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n`, value, '\r\n');
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return { blob: new Blob(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}

function escapeName(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}

function withCrLf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
