/** The part of the Web Locks API that a storage uses, within one test: Node 20 has none. */
export function webLocks(): Pick<LockManager, 'request'> {
  const held = new Set<string>();
  async function request(name: string, ...rest: unknown[]): Promise<unknown> {
    const callback = rest.at(-1) as (lock: Lock | null) => unknown;
    await Promise.resolve();
    if (held.has(name)) return callback(null);
    held.add(name);
    try {
      return await callback({ name, mode: 'exclusive' });
    } finally {
      held.delete(name);
    }
  }
  return { request } as Pick<LockManager, 'request'>;
}
