import { appendFileSync } from 'node:fs'

/** Writes a figure, in ms, to the file that FIGURES names, if it does. */
export function figure(what: string, ms: number): void {
  const { FIGURES } = process.env
  if (FIGURES !== undefined) appendFileSync(FIGURES, `${what}: ${ms.toFixed(1)} ms\n`)
}
