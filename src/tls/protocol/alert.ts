/** Why a handshake or a connection is refused, and what the peer is told about it: RFC 8446, section 6. */

/** By their names in the RFC. */
export const alerts = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
} as const;

export type Alert = keyof typeof alerts;

/** The name in words; a number for one that the RFC does not have. */
export function alertName(description: number): string {
  const known = Object.entries(alerts).find(([, value]) => value === description);
  return known === undefined ? `number ${description}` : known[0].replaceAll('_', ' ');
}

/** What this client refuses, in fixed words: nothing in them comes from the peer. */
export class TlsError extends Error {
  override readonly name: string = 'TlsError';
  /** Sent to the peer; `undefined` where the peer has ended the connection itself. */
  readonly alert: Alert | undefined;
  /** Short and stable, for programs. */
  readonly code: string;

  constructor(alert: Alert | undefined, message: string, code: string = alert?.toUpperCase() ?? 'ALERT_RECEIVED') {
    super(message);
    this.alert = alert;
    this.code = code;
  }
}

/** A certificate that is not accepted. Where OpenSSL or Node has a code for the reason, the code is theirs. */
export class CertificateError extends TlsError {
  override readonly name = 'CertificateError';
}
