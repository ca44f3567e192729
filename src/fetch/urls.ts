/** Which URLs can be fetched. */

/**
 * Ports at which another protocol is likely to listen that takes a request for its own commands (Fetch Standard, "bad
 * port"). A redirect could otherwise make a client write to a mail server.
 */
const badPorts = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/**
 * The URL of a request.
 *
 * @throws TypeError that says what is wrong with it, without repeating it.
 */
export function parseDestination(text: string, baseUrl: string | undefined): URL {
  const url = parseUrl(text, baseUrl);
  if (url === undefined) throw new TypeError('The URL of the request is not a valid URL.');
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('The URL of the request includes credentials; set the header "authorization" instead.');
  }
  if (!isHttp(url) && url.protocol !== 'data:' && url.protocol !== 'blob:') {
    throw new TypeError(`The scheme "${url.protocol.slice(0, -1)}" cannot be fetched.`);
  }
  if (hasBadPort(url)) throw new TypeError(`The port ${url.port} is not one of a web server.`);
  return url;
}

export function parseUrl(text: string, baseUrl: string | undefined): URL | undefined {
  try {
    return new URL(text, baseUrl);
  } catch {
    return undefined;
  }
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

export function hasBadPort(url: URL): boolean {
  return isHttp(url) && url.port !== '' && badPorts.has(Number(url.port));
}

/** The endpoint behind a URL, as a resolver takes it: an IPv6 address without its brackets. */
export function endpoint(url: URL): { hostname: string; port: number } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
}

/** Without the fragment, which is nobody's but the caller's. */
export function withoutFragment(url: URL): string {
  return url.href.split('#', 1)[0] ?? '';
}
