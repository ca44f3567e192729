/** The numbers of the wire that are needed in more than one place. RFC 8446, appendix B, unless a line says otherwise. */

export const versions = { tls10: 0x0301, tls12: 0x0303, tls13: 0x0304 } as const;

/** RFC 8446, section 5.1. */
export const contentTypes = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** RFC 8446, section 4, and RFC 5246, section 7.4. */
export const messageTypes = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  keyUpdate: 24,
  messageHash: 254,
} as const;

/** RFC 8446, section 4.2; RFC 8422, section 5.1.2; RFC 7627, section 5.1; RFC 5746, section 3.2. */
export const extensionTypes = {
  serverName: 0,
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  extendedMasterSecret: 23,
  supportedVersions: 43,
  cookie: 44,
  keyShare: 51,
  renegotiationInfo: 0xff01,
} as const;
