/** The option `--rounds` of what is measured, and those in seconds. Each ends the process for what is no such number. */
export function roundsOf(option: string): number {
  const rounds = Number(option);
  if (!Number.isInteger(rounds) || rounds < 1) {
    console.error('--rounds takes a whole number from 1');
    process.exit(1);
  }
  return rounds;
}

/** The option `--rest`, alike. */
export function restOf(option: string): number {
  const seconds = Number(option);
  if (!(seconds >= 0)) {
    console.error('--rest takes a number from 0');
    process.exit(1);
  }
  return seconds;
}

/** The option `--seconds`, alike. */
export function secondsOf(option: string): number {
  const seconds = Number(option);
  if (!(seconds > 0)) {
    console.error('--seconds takes a number above 0');
    process.exit(1);
  }
  return seconds;
}
