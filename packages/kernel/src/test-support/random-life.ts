import {
  createKernel,
  type Dependency,
  type Kernel,
  type KernelEvent,
  optional,
  type Resource,
  type ResourceOptions,
  type ResourceState,
  ref,
  resource,
  ShutdownError,
  type ShutdownReport,
  StartError,
} from '../index.js'
import { type VirtualClock, virtualClock } from '../testing.js'
import type { HookSpec, ResourceSpec, Spec } from './random-spec.js'

type Hook = 'start' | 'check' | 'drain' | 'stop' | 'kill' | 'cleanup'

/** A value that a start made, and what became of it. */
export interface Made {
  readonly resource: string
  readonly run: number
  stops: number
  kills: number
}

export interface Run {
  readonly startError: StartError | undefined
  readonly report: ShutdownReport
  /** From start() until it settled, and from shutdown() until it settled, in ms. */
  readonly startMs: number
  readonly shutdownMs: number
  /** What hooks of drain, stop, kill and cleanup threw in its teardown, before that settled. */
  readonly thrown: readonly Error[]
}

/** Everything that can be seen of a random application from outside. */
export interface Life {
  readonly kernel: Kernel
  readonly clock: VirtualClock
  readonly events: readonly KernelEvent[]
  readonly made: readonly Made[]
  readonly thrown: readonly { readonly hook: Hook; readonly error: Error }[]
  readonly runs: readonly Run[]
  /** What a hook found wrong around it when it was called, by rule. */
  readonly violations: readonly string[]
  /** The most starts that went on at the same time. */
  readonly mostStarting: number
}

/** Lives a random application to its end, and on until everything that is late has arrived. */
export async function live(spec: Spec): Promise<Life> {
  const clock = virtualClock()
  const events: KernelEvent[] = []
  const made: Made[] = []
  const thrown: { hook: Hook; error: Error }[] = []
  const violations: string[] = []
  const states = new Map<string, ResourceState>()
  let [run, starting, mostStarting, givenUp] = [0, 0, 0, false]

  const stateOf = (i: number) => states.get(`r${i}`) ?? 'idle'
  const dependents = (i: number) => spec.resources.flatMap(({ edges }, j) => (edges.some(({ to }) => to === i) ? [j] : []))

  /** Does what the spec says, with an error of its own where it fails. */
  function act(i: number, hook: Hook, { ms, fails, polite }: HookSpec, signal?: AbortSignal): Promise<void> | undefined {
    const finish = () => {
      if (!fails) return
      const error = new Error(`r${i} ${hook} ${thrown.length}`)
      thrown.push({ hook, error })
      throw error
    }
    if (ms === undefined) {
      finish()
      return undefined
    }
    return new Promise<void>((resolve, reject) => {
      const timer = ms === Infinity ? undefined : clock.setTimeout(() => resolve(), ms)
      if (!polite) return
      signal?.addEventListener('abort', () => {
        clock.clearTimeout(timer)
        reject(signal.reason)
      })
    }).then(finish)
  }

  function onStart(i: number, { edges }: ResourceSpec): void {
    if (kernel.state !== 'starting' || givenUp) violations.push(`S3 r${i} was launched after the start was given up`)
    for (const { to, kind } of edges) {
      const state = stateOf(to)
      const fine = state === 'running' || (kind !== 'required' && state === 'failed')
      if (!fine) violations.push(`S1 r${i} started while its ${kind} r${to} was ${state}`)
    }
  }

  function onTearDown(i: number): void {
    // What came too late belongs to nobody and is released while the others work.
    if (stateOf(i) !== 'draining' && stateOf(i) !== 'stopping') return
    if (kernel.probe().ready) violations.push(`D1 r${i} is torn down while the probe is ready`)
    for (const j of dependents(i)) {
      if (['starting', 'running', 'draining', 'stopping'].includes(stateOf(j))) {
        violations.push(`D2 r${i} is torn down while its dependent r${j} is ${stateOf(j)}`)
      }
    }
  }

  function define(i: number, spec: ResourceSpec, all: readonly Resource<Made>[]): Resource<Made> {
    const { start, stop, drain, kill, cleanups, checks, impact, timeouts } = spec
    const wrap = { required: (r: Resource<Made>) => r, optional, ref }
    const dependsOn: Record<string, Dependency> = {}
    for (const { to, kind } of spec.edges) if (kind !== 'after') dependsOn[`d${to}`] = wrap[kind](all[to]!)
    let checked = 0
    const options: ResourceOptions<Made, Record<string, Dependency>> = {
      dependsOn,
      after: spec.edges.filter(({ kind }) => kind === 'after').map(({ to }) => all[to]!),
      impact,
      timeouts,
      ...(spec.checks !== undefined && { monitor: { interval: 25, failureThreshold: 2 } }),
      start(_, { signal, defer }) {
        onStart(i, spec)
        checked = 0
        const value: Made = { resource: `r${i}`, run, stops: 0, kills: 0 }
        for (const cleanup of cleanups) defer(() => act(i, 'cleanup', cleanup))
        const make = () => {
          made.push(value)
          return value
        }
        const work = act(i, 'start', start, signal)
        return work === undefined ? make() : work.then(make)
      },
      stop(value, { signal }) {
        value.stops++
        onTearDown(i)
        return act(i, 'stop', stop, signal)
      },
      ...(drain && {
        drain(_, { signal }) {
          onTearDown(i)
          return act(i, 'drain', drain, signal)
        },
      }),
      ...(kill && {
        kill(value) {
          value.kills++
          return act(i, 'kill', kill)
        },
      }),
      ...(checks && { check: () => checks[checked++ % checks.length] }),
    }
    return resource<Made, Record<string, Dependency>>(`r${i}`, options)
  }

  const all: Resource<Made>[] = []
  for (const [i, one] of spec.resources.entries()) all.push(define(i, one, all))
  const kernel: Kernel = createKernel(all, { clock, concurrency: spec.concurrency, shutdown: spec.shutdown })

  kernel.on('event', (event) => {
    events.push(event)
    if (event.type === 'resource:state') {
      states.set(event.resource, event.to)
      starting += Number(event.to === 'starting') - Number(event.from === 'starting')
      mostStarting = Math.max(mostStarting, starting)
      const failed = event.to === 'failed' && kernel.state === 'starting'
      givenUp ||= failed && spec.resources[Number(event.resource.slice(1))]!.impact === 'unready'
    }
    if (event.type === 'probe:change' && event.probe.ready) {
      for (const [i, { impact }] of spec.resources.entries()) {
        if (impact === 'unready' && stateOf(i) !== 'running') violations.push(`H7 ready while r${i} is ${stateOf(i)}`)
      }
    }
  })

  const runs: Run[] = []
  for (run = 1; run <= spec.runs; run++) runs.push(await oneRun())
  // Late values, late failures and their cleanups: everything that has an end has come to it.
  await clock.advance(1_000)
  return { kernel, clock, events, made, thrown, runs, violations, mostStarting }

  async function oneRun(): Promise<Run> {
    givenUp = false
    const since = clock.now()
    let [startMs, settled] = [0, 0]
    const first = thrown.length
    const started = kernel.start().then(
      () => undefined,
      (error: unknown) => error,
    )
    void started.then(() => {
      startMs = clock.now() - since
      settled = thrown.length
    })
    await (spec.shutdownAt === undefined ? clock.run(started) : clock.advance(spec.shutdownAt))
    givenUp = true
    const [asked, before] = [clock.now(), thrown.length]
    const report = await clock.run(kernel.shutdown().catch((error: unknown) => reportIn(error)))
    const shutdownMs = clock.now() - asked
    const after = thrown.length
    const error = await clock.run(started)
    if (error !== undefined && !(error instanceof StartError)) throw error
    // What goes wrong in a start that goes on without it is an event, and in no report.
    const told = error === undefined ? thrown.slice(before, after) : thrown.slice(first, settled)
    const teardown = told.filter(({ hook }) => hook !== 'start')
    return { startError: error, report, startMs, shutdownMs, thrown: teardown.map(({ error }) => error) }
  }
}

function reportIn(error: unknown): ShutdownReport {
  if (error instanceof ShutdownError) return error.report
  throw error
}
