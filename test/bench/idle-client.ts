/** What the idle benchmark asks of either client. */
export type ClientJobs = {
  connect(api: string, gateway: string): Promise<void>;
  /** Since the process began: of the whole process, and packets handed to the gateway. */
  usage(): Usage;
};

export interface Usage {
  readonly cpuSeconds: number;
  readonly packets: number;
}
