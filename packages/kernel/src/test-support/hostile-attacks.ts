import {
  createKernel,
  type Dependencies,
  type Kernel,
  optional,
  resource,
  ShutdownError,
  type ShutdownReport,
  type StartContext,
  StartError,
} from '../index.js'
import { replace, type VirtualClock, virtualClock } from '../testing.js'
import { HOSTILE_ERRORS } from './hostile-errors.js'
import { type Expected, hostiles, type Position, placesOf, positionsOf } from './hostile-positions.js'
import { HOSTILE_VALUES } from './hostile-values.js'

/** One attack: what is put where, and what happened to it. */
export interface Attack {
  /** What is hostile. */
  readonly what: string
  /** Where it comes from. */
  readonly where: string
  /** Says what went wrong; nothing when the kernel held. */
  run(): Promise<string[]>
}

/** No text that a kernel says is longer, whatever it was given. */
const LONGEST = 20_000

/** A kernel with the hostile resource `x` between `a`, which it needs, and `z`, which can do without it. */
async function attack(position: Position, thrown: () => { readonly value: unknown } | undefined): Promise<string[]> {
  const problems: string[] = []
  const clock = virtualClock({ random: () => 0.5 })
  const unhandled = (error: unknown) => problems.push(`unhandled: ${textOf(error)}`)
  process.on('unhandledRejection', unhandled)
  process.on('uncaughtException', unhandled)
  try {
    const stopped: string[] = []
    const running: string[] = []
    const good = (name: string, dependsOn: Dependencies) =>
      resource(name, {
        dependsOn,
        start: () => void running.push(name),
        stop: () => void stopped.push(name),
      })
    let ctx: StartContext | undefined
    const { start } = position.options
    const a = good('a', {})
    const x = resource('x', {
      ...position.options,
      dependsOn: { a },
      start: (deps, context) => {
        ctx = context
        return start.call(position.options, deps, context)
      },
    })
    const z = good('z', { x: optional(x) })
    const { replacement } = position
    const kernel = createKernel([z], {
      clock,
      shutdown: { timeout: 400 },
      timeouts: { start: 500, stop: 200, drain: 200, check: 100 },
      ...(replacement === undefined ? {} : { replace: [replace(x, replacement())] }),
    })
    hostiles.set(kernel, x)
    const errors: unknown[] = []
    const report = await live(kernel, clock, position, () => ctx, problems, errors)
    // What came too late is released in its own time.
    await clock.advance(2_000)
    for (const name of running) {
      const times = stopped.filter((other) => other === name).length
      const starts = running.filter((other) => other === name).length
      if (times !== starts) problems.push(`${name} started ${starts} times and was stopped ${times} times`)
    }
    if (clock.pending > 0) problems.push(`${clock.pending} timers are left`)
    if (report !== undefined) judge(report, position.expected, errors, thrown()?.value, problems)
  } catch (error) {
    problems.push(`threw: ${textOf(error)}`)
  } finally {
    await clock.settle()
    process.off('unhandledRejection', unhandled)
    process.off('uncaughtException', unhandled)
  }
  return [...new Set(problems)]
}

/** Lives one life of a kernel; returns the report of its end. */
async function live(
  kernel: Kernel,
  clock: VirtualClock,
  position: Position,
  ctx: () => StartContext | undefined,
  problems: string[],
  errors: unknown[],
): Promise<ShutdownReport | undefined> {
  const { meanwhile, during, reason, expected } = position
  const starting = kernel.start()
  meanwhile?.(kernel)
  let startError: unknown
  await clock.run(starting.then(undefined, (error: unknown) => (startError = error ?? 'nothing')))
  if (startError !== undefined) errors.push(startError)
  if (expected !== undefined && expected.starts !== (startError === undefined)) {
    problems.push(startError === undefined ? 'it started' : `it did not start: ${textOf(startError)}`)
  }
  if (startError !== undefined && !(startError instanceof StartError)) problems.push('start() rejected with no StartError')
  if (startError === undefined) await during?.(kernel, clock, ctx())
  inspectAll(kernel, problems)
  const ending = reason === undefined ? kernel.shutdown() : kernel.shutdown(reason() as string)
  let report: ShutdownReport | undefined
  await clock.run(
    ending.then(
      (ok) => (report = ok),
      (error: unknown) => {
        errors.push(error)
        if (error instanceof ShutdownError) report = error.report
        else problems.push('shutdown() rejected with no ShutdownError')
      },
    ),
  )
  inspectAll(kernel, problems)
  if (kernel.state !== (startError === undefined || meanwhile !== undefined ? 'stopped' : 'failed')) {
    problems.push(`it ended ${kernel.state}`)
  }
  return startError instanceof StartError ? startError.report : report
}

function inspectAll(kernel: Kernel, problems: string[]): void {
  const seen = kernel.inspect()
  kernel.plan()
  kernel.timeline()
  const texts = kernel.probe().reasons.map(({ message }) => message)
  for (const { error, note } of seen.resources) texts.push(error ?? '', note ?? '')
  if (JSON.stringify(seen) === undefined) problems.push('inspect() is no JSON')
  boundedOnly(texts, problems)
}

function boundedOnly(texts: readonly unknown[], problems: string[]): void {
  for (const text of texts) {
    if (typeof text !== 'string') problems.push(`a text is of type ${typeof text}`)
    else if (text.length > LONGEST) problems.push(`a text has ${text.length} characters`)
  }
}

function judge(
  report: ShutdownReport,
  expected: Expected | undefined,
  errors: readonly unknown[],
  thrown: unknown,
  problems: string[],
): void {
  const names = report.outcomes.map((outcome) => outcome.resource).sort()
  if (new Set(names).size !== names.length) problems.push(`outcomes of ${names.join()}`)
  const all = errors.flatMap((error) => (error as Partial<AggregateError>).errors ?? [])
  boundedOnly([report.reason, ...all.map(({ message }) => message)], problems)
  const of = report.outcomes.find((outcome) => outcome.resource === 'x')
  if (expected?.outcome !== undefined && of?.outcome !== expected.outcome) problems.push(`its outcome is ${of?.outcome}`)
  if (expected?.code === undefined) return
  if (!all.some(({ code, cause }) => code === expected.code && Object.is(cause, thrown))) {
    problems.push(`no ${expected.code} has it for a cause`)
  }
}

function textOf(error: unknown): string {
  try {
    return String((error as Partial<Error> | undefined)?.stack ?? error)
      .split('\n')
      .slice(0, 3)
      .join(' | ')
      .slice(0, 500)
  } catch {
    return 'something that cannot be printed'
  }
}

/** Every hostile error and value in every position. */
export function hostileAttacks(): Attack[] {
  const attacks: Attack[] = []
  for (const [what, make] of Object.entries(HOSTILE_ERRORS)) {
    for (const where of Object.keys(positionsOf(undefined, () => {}))) {
      let thrown: { value: unknown } | undefined
      const pass = (value: unknown) => {
        thrown = { value }
      }
      attacks.push({ what, where, run: () => attack(positionsOf(make(), pass)[where]!, () => thrown) })
    }
  }
  for (const [what, make] of Object.entries(HOSTILE_VALUES)) {
    for (const [where, position] of Object.entries(placesOf(make))) {
      attacks.push({ what, where, run: () => attack(position, () => undefined) })
    }
  }
  return attacks
}
