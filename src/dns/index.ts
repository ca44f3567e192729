/**
 * DNS over HTTPS through the mixnet.
 *
 * @module
 */

export { type DnsRecord, type DnsRecordType, defaultResolvers, type MixDNSOptions, mixDNS } from './resolve.ts';
