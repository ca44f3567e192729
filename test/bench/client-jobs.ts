/** What benchmarks ask of a process that has a message client, ours or the published one, and nothing else. */
export type ClientJobs = {
  connect(api: string, gateway: string, pacing: Pacing): Promise<void>;
  /** Sends itself a message of so many bytes; resolves when it has come. */
  loop(bytes: number): Promise<void>;
  /** Of the whole process, since it began. */
  cpuSeconds(): number;
};

/** `off`: packets are sent as soon as they are made, and there is no cover. */
export type Pacing = 'usual' | 'off';

export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
