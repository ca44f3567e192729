/** Options of what is measured. Each ends the process for what is no such number. */

export function roundsOf(option: string): number {
  return numberOf('--rounds', option, 'a whole number from 1', rounds => Number.isInteger(rounds) && rounds >= 1);
}

export function secondsOf(option: string): number {
  return numberOf('--seconds', option, 'a number above 0', seconds => seconds > 0);
}

export function restOf(option: string): number {
  return numberOf('--rest', option, 'a number from 0', seconds => seconds >= 0);
}

function numberOf(name: string, option: string, what: string, fits: (value: number) => boolean): number {
  const value = Number(option);
  if (!fits(value)) {
    console.error(`${name} takes ${what}`);
    process.exit(1);
  }
  return value;
}
