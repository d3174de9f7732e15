import { type Decision, isAction, type Schedule } from '../model/schedule.js'

/** Says whether a schedule still breaks the same rule. */
export type StillBroken = (schedule: Schedule) => Promise<boolean>

/**
 * Makes a schedule shorter and simpler while it still breaks the same rule: leaves out ever smaller pieces, then takes
 * what is left back to what is ordinary. Tries at most `tries` runs.
 */
export async function shrink(schedule: Schedule, stillBroken: StillBroken, tries: number): Promise<Schedule> {
  let left = tries
  const broken = (candidate: Schedule) => left-- > 0 && stillBroken(candidate)
  let current = schedule
  for (let size = -1; size !== current.length && left > 0; ) {
    size = current.length
    current = await leaveOut(current, broken)
    current = await simplify(current, broken)
  }
  return current
}

type Attempt = (schedule: Schedule) => boolean | Promise<boolean>

async function leaveOut(schedule: Schedule, broken: Attempt): Promise<Schedule> {
  let current = schedule
  for (let piece = Math.ceil(current.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let from = 0; from < current.length; ) {
      const without = [...current.slice(0, from), ...current.slice(from + piece)]
      if (await broken(without)) current = without
      else from += piece
    }
  }
  return current
}

async function simplify(schedule: Schedule, broken: Attempt): Promise<Schedule> {
  let current = schedule
  for (let i = 0; i < current.length; i++) {
    for (const simpler of simplerThan(current[i]!)) {
      const candidate = [...current.slice(0, i), simpler, ...current.slice(i + 1)]
      if (!(await broken(candidate))) continue
      current = candidate
      break
    }
  }
  return current
}

/** The simplest first. */
function simplerThan(decision: Decision): Decision[] {
  if (isAction(decision)) {
    const { at, event, ms, ...rest } = decision
    const other = { ...rest, ...(ms !== undefined && { ms }) }
    const simpler: Decision[] = numbersBelow(at).map((n) => ({ ...other, at: n }))
    if (event !== undefined) simpler.push({ ...other, at: 0 }, { ...other, at: 100 })
    for (const n of numbersBelow(event)) simpler.push({ ...other, event: n })
    const when = { ...(at !== undefined && { at }), ...(event !== undefined && { event }) }
    for (const n of numbersBelow(ms)) simpler.push({ ...rest, ...when, ms: n })
    return simpler
  }
  const { ms, cleanups, ...rest } = decision
  const simpler: Decision[] = []
  const { standsBy, ...other } = decision
  if (standsBy !== undefined) simpler.push(other)
  for (const n of numbersBelow(standsBy)) simpler.push({ ...decision, standsBy: n })
  if (cleanups !== undefined) simpler.push({ ...rest, ...(ms !== undefined && { ms }) })
  const keep = cleanups === undefined ? {} : { cleanups }
  if (ms !== undefined && rest.does === 'rejects') simpler.push({ ...rest, ...keep, does: 'throws' })
  if (ms !== undefined) simpler.push({ ...rest, ...keep })
  for (const n of numbersBelow(ms)) simpler.push({ ...rest, ...keep, ms: n })
  if (rest.does === 'obeys') simpler.push({ ...rest, ...keep, does: 'hangs' })
  return simpler
}

function numbersBelow(n: number | undefined): number[] {
  if (n === undefined) return []
  const candidates = [0, 1, 10, 100, 1_000, Math.floor(n / 100) * 100, Math.floor(n / 10) * 10, Math.floor(n)]
  return [...new Set(candidates)].filter((candidate) => candidate < n).sort((a, b) => a - b)
}
