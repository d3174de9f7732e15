import {
  createKernel,
  type Dependency,
  type HookContext,
  KeelsonError,
  type Kernel,
  type KernelEvent,
  optional,
  type Resource,
  type ResourceOptions,
  ref,
  resource,
  ShutdownError,
  type ShutdownReport,
  type StartContext,
  StartError,
} from '../../index.js'
import { virtualClock } from '../../testing.js'
import { seeded } from '../random-graph.js'
import type { Actor, Call, CallSpec, Deed } from './spec.js'
import { type Used, Witness } from './witness.js'

/** What came of a life. */
export interface CalledLife {
  readonly violations: readonly string[]
  /** What happened, in order. */
  readonly log: readonly string[]
  readonly calls: number
}

const NEVER = 10_000_000

/** Lives through all calls, then shuts the kernel down, and looks whether anything is left of it. */
export async function liveThroughCalls(spec: CallSpec): Promise<CalledLife> {
  const random = seeded(spec.seed + 1)
  const clock = virtualClock({ random })
  const log: string[] = []
  const witness = new Witness(() => kernel.state)
  const contexts: (StartContext | undefined)[] = []
  const open = new Map<Promise<unknown>, string>()
  const rosters: string[][] = []
  let [events, hooks, calls, busy] = [0, 0, 0, 0]
  const silent = () => {}

  const say = (line: string) => log.push(`${String(clock.now() - 1_700_000_000_000).padStart(5)} ms  ${line}`)

  function settleWith(promise: Promise<unknown>, name: string, then: (error: unknown, value: unknown) => void = silent): void {
    if (open.has(promise)) return
    open.set(promise, name)
    const settled = (error: unknown, value: unknown) => {
      open.delete(promise)
      say(`${name} ${error === undefined ? 'resolved' : `rejected: ${String((error as Error).message)}`}`)
      if (error !== undefined && !known(error)) witness.note(`${name} rejected with ${String(error)}`)
      then(error, value)
    }
    promise.then(
      (value) => settled(undefined, value),
      (error: unknown) => settled(error, undefined),
    )
  }

  function reported(report: ShutdownReport): void {
    const names = report.outcomes.map((outcome) => outcome.resource)
    const is = JSON.stringify([...names].sort())
    if (new Set(names).size < names.length) witness.note(`a report with two outcomes of one resource: ${names.join(' ')}`)
    if (rosters.length > 0 && !rosters.some((roster) => JSON.stringify([...roster].sort()) === is)) {
      witness.note(`a report with outcomes of ${names.join(' ')}, and there were ${rosters.join(' | ')}`)
    }
  }

  function ended(error: unknown, value: unknown): void {
    reported((error instanceof ShutdownError ? error.report : value) as ShutdownReport)
    if (kernel.state === 'stopped' || kernel.state === 'idle') witness.rests('shutdown() has settled')
  }

  /** Calls one public method; what it returns, for a hook that waits for it. */
  function perform({ method, target, flag, from }: Call): unknown {
    calls++
    const one = all[target]!
    const context = contexts[target]
    say(`${from}: ${method}(r${target}${flag ? ', true' : ''})`)
    const ofPromise = (promise: Promise<unknown>, then?: (error: unknown, value: unknown) => void) => {
      settleWith(promise, `${method}()`, then)
      return promise
    }
    switch (method) {
      case 'start':
        return ofPromise(kernel.start())
      case 'shutdown':
        if (kernel.state === 'idle') rosters.push(names())
        return ofPromise(kernel.shutdown(`asked by a ${from}`), ended)
      case 'add':
        return ofPromise(kernel.add(one))
      case 'remove':
        return ofPromise(kernel.remove(one, { dependents: flag }))
      case 'restart':
        return ofPromise(kernel.restart(one))
      case 'register':
        return kernel.register(one)
      case 'fail':
        return kernel.fail(new Error('told to fail'))
      case 'crash':
        return context?.crashed(new Error('told to crash'))
      case 'healthy':
        return context?.healthy()
      case 'unhealthy':
        return context?.unhealthy(new Error('told to be ill'))
      case 'get':
        return kernel.get(one)
      case 'probe':
        return kernel.probe()
      case 'inspect':
        return flag ? kernel.inspect() : kernel.inspect(one)
      case 'plan':
        return kernel.plan()
      case 'timeline':
        return kernel.timeline()
      case 'panels':
        if (flag) context?.panel({ title: 'a panel', read: () => ({ at: 0, groups: [] }) })
        return kernel.panels()
      case 'find':
        return kernel.find(`r${target}`)
      case 'wrapHooks': {
        const end = kernel.wrapHooks((_call, hook) => hook())
        return flag ? end() : end
      }
      case 'stopped':
        return ofPromise(kernel.stopped)
      case 'defaults':
        return kernel.defaults({ shutdown: { delay: 5 } })
      case 'check':
        return ofPromise(flag ? kernel.check(one) : kernel.check())
      case 'rotate':
        return ofPromise(kernel.rotate(one))
      case 'cordon':
        return flag ? kernel.cordon('by hand') : kernel.uncordon()
      case 'on':
        return kernel.on('event', flag ? throwing : silent)
      case 'once':
        return kernel.once('resource:state', flag ? throwing : silent)
      case 'off':
        return kernel.off('event', flag ? throwing : silent)
    }
  }

  const throwing = () => {
    throw new Error('a listener fails')
  }

  /** With what it throws or returns watched. */
  function call(one: Call): unknown {
    try {
      const result = perform(one)
      return result instanceof Promise ? result.catch(silent) : undefined
    } catch (error) {
      say(`${one.method}() threw: ${String(error)}`)
      if (!(error instanceof KeelsonError)) witness.note(`${one.method}() threw ${String(error)}`)
      else if (['start', 'shutdown', 'add', 'remove', 'restart', 'rotate', 'check', 'fail', 'stopped'].includes(one.method)) {
        witness.note(`${one.method}() threw instead of rejecting: ${error.message}`)
      }
      return undefined
    }
  }

  /** Makes the calls that are due inside this hook; what the hook is to wait for. */
  function inHook(): Promise<unknown> | undefined {
    const n = hooks++
    let awaited: Promise<unknown> | undefined
    for (const one of spec.calls) {
      if (one.from !== 'hook' || one.at !== n) continue
      const result = call(one)
      if (one.flag && result instanceof Promise) awaited = result
    }
    return awaited
  }

  function act(name: string, { ms, fails, polite }: Deed, signal?: AbortSignal): Promise<void> | undefined {
    say(name)
    const awaited = inHook()
    const finish = () => {
      if (random() * 100 < fails) throw new Error(`${name} fails`)
    }
    if (ms === undefined && awaited === undefined) {
      finish()
      return undefined
    }
    const work = new Promise<void>((resolve, reject) => {
      let timer: unknown
      const end = () => {
        busy--
        say(`${name} is over`)
      }
      busy++
      if (ms === Infinity) busy--
      else
        timer = clock.setTimeout(() => {
          end()
          resolve()
        }, ms ?? 0)
      if (!polite || signal === undefined) return
      const aborted = () => {
        if (ms !== Infinity) clock.clearTimeout(timer)
        reject(signal.reason)
      }
      if (signal.aborted) aborted()
      else signal.addEventListener('abort', aborted)
    })
    return Promise.all([work, awaited]).then(finish)
  }

  function define(i: number, actor: Actor): Resource<Used> {
    const wrap = { required: (r: Resource<Used>) => r, optional, ref }
    const dependsOn: Record<string, Dependency> = {}
    for (const { to, kind } of actor.edges) if (kind !== 'after') dependsOn[`r${to}`] = wrap[kind](all[to]!)
    const { start, stop, drain, kill, check, activate, quiesce, cleanup } = actor
    const turn = (name: string, deed: Deed | undefined) => (_: Used, ctx: HookContext) => act(`${name} r${i}`, deed!, ctx.signal)
    const options: ResourceOptions<Used, Record<string, Dependency>> = {
      dependsOn,
      after: actor.edges.filter(({ kind }) => kind === 'after').map(({ to }) => all[to]!),
      impact: actor.impact,
      timeouts: { start: 60, check: 15, drain: 25, stop: 25 },
      ...(check !== undefined && { monitor: { interval: 20, failureThreshold: 2 } }),
      ...(actor.restarts > 0 && {
        restart: { attempts: actor.restarts, within: 500, delay: actor.restartDelay, maxDelay: 1_000, jitter: 0 },
      }),
      start(deps, ctx) {
        contexts[i] = ctx
        const held = actor.edges.filter(({ kind }) => kind === 'required' || kind === 'optional')
        const given = deps as Readonly<Record<string, Used | undefined>>
        const needs = held.map(({ to }) => given[`r${to}`]).filter((value) => value !== undefined)
        const missing = held.filter(({ to, kind }) => kind === 'required' && given[`r${to}`] === undefined)
        const life: Used = { resource: i, needs, phase: 'starting', signal: ctx.signal, ending: false, late: false }
        witness.starts(
          life,
          missing.map(({ to }) => to),
        )
        if (cleanup !== undefined) ctx.defer(() => act(`cleanup r${i}`, cleanup))
        const over = (phase: Used['phase']) => {
          life.phase = phase
          life.late = life.signal.aborted
          return life
        }
        try {
          const work = act(`start r${i}`, start, ctx.signal)
          if (work === undefined) return over('made')
          return work.then(
            () => over('made'),
            (error: unknown) => {
              over('never')
              throw error
            },
          )
        } catch (error) {
          over('never')
          throw error
        }
      },
      stop(life, ctx) {
        witness.ends(life, 'stop')
        life.late ||= life.signal.aborted
        life.phase = 'stopping'
        life.signal = ctx.signal
        const over = () => {
          life.phase = 'released'
        }
        try {
          const work = act(`stop r${i}`, stop, ctx.signal)
          if (work === undefined) return over()
          return work.finally(over)
        } catch (error) {
          over()
          throw error
        }
      },
      ...(drain !== undefined && {
        drain(life, ctx) {
          witness.ends(life, 'drain')
          return act(`drain r${i}`, drain, ctx.signal)
        },
      }),
      ...(kill !== undefined && { kill: () => act(`kill r${i}`, kill) }),
      ...(check !== undefined && { check: turn('check', check) }),
      ...(activate !== undefined && { activate: turn('activate', activate) }),
      ...(quiesce !== undefined && { quiesce: turn('quiesce', quiesce) }),
    }
    return resource<Used, Record<string, Dependency>>(`r${i}`, options)
  }

  const all: Resource<Used>[] = []
  for (const [i, actor] of spec.actors.entries()) all.push(define(i, actor))
  const { base, concurrency, shutdown, initial } = spec
  const kernel: Kernel = createKernel(all.slice(0, initial), {
    clock,
    concurrency,
    shutdown,
    ...(base && { base: all.slice(0, 1) }),
  })

  const names = () => kernel.plan().resources.map(({ name }) => name)
  kernel.on('event', (event: KernelEvent) => {
    if (event.type === 'resource:state') witness.states.set(event.resource, event.to)
    if (event.type === 'kernel:state' && event.from === 'stopping') rosters.push(names())
    if (event.type === 'resource:state' || event.type === 'kernel:state') {
      say(`${event.type === 'kernel:state' ? 'kernel' : event.resource}: ${event.from} → ${event.to}`)
    }
    const n = events++
    for (const one of spec.calls) if (one.from === 'listener' && one.at === n) call(one)
  })

  const callers = spec.calls.filter(({ from }) => from === 'caller')
  // In one turn, those at the same time.
  for (const at of new Set(callers.map((one) => one.at))) {
    clock.setTimeout(() => {
      for (const one of callers) if (one.at === at) call(one)
    }, at)
  }
  await clock.advance(600)
  say('the last shutdown')
  try {
    const last = kernel.shutdown('the end')
    settleWith(last, 'the last shutdown()', ended)
    await clock.run(last.catch(silent))
    await clock.advance(NEVER)
    // A listener or a hook may have started it again.
    for (let again = 0; again < 3; again++) {
      settleWith(kernel.shutdown('the very end'), 'the very last shutdown()', ended)
      await clock.advance(NEVER)
    }
  } catch (error) {
    witness.note(`the last shutdown() ${String(error)}`)
  }
  if (!['stopped', 'idle', 'failed'].includes(kernel.state)) witness.note(`the kernel ends ${kernel.state}`)
  witness.rests('at the end')
  for (const [promise, name] of open)
    if (name !== 'stopped()' || promise !== kernel.stopped) witness.note(`${name} never settled`)
  if (clock.pending > 0) witness.note(`${clock.pending} timers are left`)
  if (busy < 0) witness.note('a hook ended twice')
  return { violations: witness.violations, log, calls }
}

/** What a public method may reject with. */
function known(error: unknown): boolean {
  return error instanceof KeelsonError || error instanceof StartError || error instanceof ShutdownError
}
