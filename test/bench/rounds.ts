/** The option `--rounds`. Ends the process for what is no number of rounds. */
export function roundsOf(option: string): number {
  const rounds = Number(option);
  if (!Number.isInteger(rounds) || rounds < 1) {
    console.error('--rounds takes a whole number from 1');
    process.exit(1);
  }
  return rounds;
}
