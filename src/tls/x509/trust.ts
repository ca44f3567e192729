/** Whom to trust: authorities by name and key, RFC 5280, section 6.1.1 (d). */

import { equalBytes } from '../../crypto/bytes.ts';
import { MixnetError } from '../../errors.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { publicKeyOf } from './algorithms.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { keyUsages } from './extensions.ts';
import type { NameConstraints } from './name-constraints.ts';
import { certificatesOfPem } from './pem.ts';

export interface TrustAnchor {
  /** Name, DER. */
  readonly subject: Uint8Array;
  /** Read when it is needed: most never are. */
  key(): PublicKey;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly pathLength?: number | undefined;
  readonly nameConstraints?: NameConstraints | undefined;
}

export class Trust {
  readonly #anchors = new Map<string, TrustAnchor[]>();
  /** Certificates that the user trusts as they are: a server may have one of them itself. */
  readonly #certificates: Uint8Array[] = [];

  constructor(anchors: Iterable<TrustAnchor>) {
    for (const anchor of anchors) this.#add(anchor);
  }

  /** Certificates of authorities, PEM. @throws MixnetError ERR_MIX_USAGE_OPTION for what is none. */
  addPem(text: string): void {
    for (const bytes of certificatesOfPem(text)) {
      const certificate = parsed(bytes);
      this.#certificates.push(bytes);
      if (mayIssue(certificate)) this.#add(anchorOf(certificate));
    }
  }

  /** Those of that name. */
  anchors(name: Uint8Array): readonly TrustAnchor[] {
    return this.#anchors.get(name.join()) ?? [];
  }

  isTrusted({ bytes }: Certificate): boolean {
    return this.#certificates.some(trusted => equalBytes(trusted, bytes));
  }

  #add(anchor: TrustAnchor): void {
    const name = anchor.subject.join();
    this.#anchors.set(name, [...(this.#anchors.get(name) ?? []), anchor]);
  }
}

/** A certificate of old, which cannot say whether it is an authority's, is one if the user says so. */
function mayIssue({ version, extensions }: Certificate): boolean {
  if (extensions.hasUnknownCritical) return false;
  if (version < 3) return true;
  const { basicConstraints, keyUsage = keyUsages.keyCertSign } = extensions;
  return basicConstraints?.isAuthority === true && (keyUsage & keyUsages.keyCertSign) !== 0;
}

function anchorOf({ subject, publicKeyInfo, notBefore, notAfter, extensions }: Certificate): TrustAnchor {
  const { basicConstraints, nameConstraints } = extensions;
  return {
    ...{ subject, notBefore, notAfter, nameConstraints, pathLength: basicConstraints?.pathLength },
    key: () => publicKeyOf(publicKeyInfo),
  };
}

function parsed(bytes: Uint8Array): Certificate {
  try {
    return parseCertificate(bytes);
  } catch (cause) {
    throw new MixnetError('ERR_MIX_USAGE_OPTION', { message: 'A certificate of an authority is malformed.', cause });
  }
}
