import type { HookContext, StartContext, StopContext } from '../../define/context.js'
import type { Ref } from '../../define/ref.js'
import type { FaultKind } from '../model/faults.js'
import { LifeOf } from '../model/life.js'
import type { HookDecision, SimulatedHook } from '../model/schedule.js'
import type { Life, Track } from '../model/track.js'
import type { World } from '../model/world.js'
import { triedAgain } from '../rules/healing.js'
import { activateCall, checkCall, cleanupCall, drainCall, killCall, quiesceCall, startCall, stopCall } from '../rules/order.js'

/** One call of a hook: what it does, and who is told how it went. */
interface Call {
  readonly life: Life
  readonly hook: SimulatedHook
  readonly number: number
  readonly began: number
  /** Its timeout, in ms. */
  readonly limit: number
  readonly decision: HookDecision | undefined
  readonly ctx: HookContext | undefined
  real(): unknown
  /** `value` is what it settled with. */
  settled(ok: boolean, value: unknown): void
}

/** What every hook of every resource does in a simulated run. The rules look on at each call. */
export class Stage {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  start(track: Track, deps: Readonly<Record<string, unknown>>, ctx: StartContext, real: () => unknown): unknown {
    const world = this.#world
    // S11: one that fails while it stands by is not waited for when it is tried again either.
    const again = track.stoodBy
    track.standby = undefined
    if (track.retry !== undefined) triedAgain(world, track)
    startCall(world, track, deps)
    const life = new LifeOf<Track>(track, ctx, world.now, world.cycle)
    for (const { to, kind, field } of track.dependencies) {
      if (kind === 'ref') world.refs.set(to.name, { ref: deps[field!] as Ref<unknown>, owner: life })
      else if (field !== undefined && deps[field] !== undefined && to.life !== undefined) life.given.set(to, to.life)
    }
    life.late = track.late || again
    track.life = life
    track.lives.push(life)
    track.setHealth('unknown')
    const settled = (ok: boolean, value: unknown) => {
      life.start = ok ? 'acquired' : 'failed'
      life.orphan = life.startGivenUp
      life.acquiredIn = world.turn
      life.value = value
    }
    const call = this.#call(life, 'start', ctx, real, settled)
    for (let i = 0; i < (call.decision?.cleanups ?? 0); i++) {
      life.cleanups.push(i)
      ctx.defer(() => this.#cleanup(life, i))
    }
    this.#standBy(call)
    return this.#perform(call)
  }

  check(track: Track, value: unknown, ctx: HookContext, real: () => unknown): unknown {
    const life = checkCall(this.#world, track, value)
    if (life === undefined) return undefined
    const began = this.#world.now
    life.checksBegan.push(began)
    const settled = (ok: boolean, value: unknown) => {
      life.checksBegan.splice(life.checksBegan.indexOf(began), 1)
      if (ok && value !== false) life.checkPassed = true
    }
    return this.#perform(this.#call(life, 'check', ctx, real, settled))
  }

  activate(track: Track, value: unknown, ctx: HookContext, real: () => unknown): unknown {
    const life = activateCall(this.#world, track, value)
    if (life === undefined) return undefined
    life.activated = 'open'
    life.turnUntil = this.#world.now + track.timeout('activate', this.#world.timeouts)
    const settled = (ok: boolean) => {
      life.activated = ok ? 'well' : 'badly'
      life.activatedIn = this.#world.turn
      // What a restart brought back is back now.
      if (ok && life === track.life && life.serving && !life.goingDown && this.#world.now <= life.turnUntil) track.away = false
    }
    return this.#perform(this.#call(life, 'activate', ctx, real, settled))
  }

  quiesce(track: Track, value: unknown, ctx: StopContext, real: () => unknown): unknown {
    const life = quiesceCall(this.#world, track, value)
    if (life === undefined) return undefined
    life.quiesced = 'open'
    life.turnUntil = Math.max(life.turnUntil, ctx.deadline)
    const settled = (ok: boolean) => {
      life.quiesced = ok ? 'well' : 'badly'
    }
    return this.#perform(this.#call(life, 'quiesce', ctx, real, settled))
  }

  drain(track: Track, value: unknown, ctx: StopContext, real: () => unknown): unknown {
    const life = drainCall(this.#world, track, value, ctx)
    if (life === undefined) return undefined
    life.drained = 'open'
    life.drainContext = ctx
    const settled = (ok: boolean) => {
      life.drained = ok ? 'well' : 'badly'
    }
    return this.#perform(this.#call(life, 'drain', ctx, real, settled))
  }

  stop(track: Track, value: unknown, ctx: StopContext, real: () => unknown): unknown {
    const life = stopCall(this.#world, track, value, ctx)
    if (life === undefined) return undefined
    life.stopped = 'open'
    life.stopContext = ctx
    const began = this.#world.now
    const settled = (ok: boolean) => {
      life.stopped = ok ? 'well' : 'badly'
      track.longestStop = Math.max(track.longestStop, this.#world.now - began)
      life.stopSettledAt = track.releasedAt = this.#world.now
    }
    return this.#perform(this.#call(life, 'stop', ctx, real, settled))
  }

  kill(track: Track, value: unknown, real: () => unknown): unknown {
    const life = killCall(this.#world, track, value)
    if (life === undefined) return undefined
    life.killed = 'open'
    const settled = (ok: boolean) => {
      life.killed = ok ? 'well' : 'badly'
      track.releasedAt = this.#world.now
    }
    return this.#perform(this.#call(life, 'kill', undefined, real, settled))
  }

  #cleanup(life: Life, place: number): unknown {
    cleanupCall(this.#world, life, place)
    life.openCleanups++
    const settled = (ok: boolean) => {
      life.openCleanups--
      life.track.releasedAt = this.#world.now
      if (!ok) life.cleanupFailed = true
    }
    return this.#perform(this.#call(life, 'cleanup', undefined, () => undefined, settled))
  }

  /** S11: what it does goes on. */
  #standBy({ life, decision }: Call): void {
    const after = decision?.standsBy
    if (after === undefined) return
    const { ctx } = life
    this.#world.tally.standBy++
    const say = () => ctx.standBy('another leads')
    if (after === 0) say()
    else this.#world.later(after, say)
  }

  #call(life: Life, hook: SimulatedHook, ctx: HookContext | undefined, real: () => unknown, settled: Call['settled']): Call {
    const { timeouts, decider, tally, now: began } = this.#world
    const number = ++life.track.calls[hook]
    const limit = life.track.timeout(hook, timeouts)
    const decision = decider.hook(life.track, hook, number, limit)
    const fault = decision === undefined ? undefined : faultOf(decision, limit)
    if (fault !== undefined) tally[fault]++
    return { life, hook, number, began, limit, decision, ctx, real, settled }
  }

  #perform(call: Call): unknown {
    const { decision, settled } = call
    this.#world.steps++
    if (decision === undefined) return this.#real(call)
    const { does, ms } = decision
    switch (does) {
      case 'settles':
        return ms === undefined ? this.#real(call) : this.#world.delay(ms).then(() => this.#real(call))
      case 'returns false':
        if (ms === undefined) {
          settled(true, false)
          return false
        }
        return this.#world.delay(ms).then(() => {
          settled(true, false)
          return false
        })
      case 'throws':
        return this.#fail(call)
      case 'rejects':
        return this.#world.delay(ms ?? 0).then(() => this.#fail(call))
      case 'hangs':
        releaseReal(call)
        return new Promise(() => {})
      case 'obeys':
        releaseReal(call)
        return this.#obey(call)
      default:
        return does satisfies never
    }
  }

  /** What the hook does when nothing is wrong. */
  #real({ real, settled }: Call): unknown {
    const failed = (error: unknown) => {
      settled(false, error)
      throw error
    }
    const well = (value: unknown) => {
      settled(true, value)
      return value
    }
    let result: unknown
    try {
      result = real()
    } catch (error) {
      return failed(error)
    }
    return result instanceof Promise ? result.then(well, failed) : well(result)
  }

  #fail(call: Call): never {
    releaseReal(call)
    const { life, hook, number, began, limit, settled } = call
    const { ledger, state, now } = this.#world
    const error = new Error(`simulated: ${hook} of "${life.track.name}", call ${number}`)
    const ending = state === 'stopping' || (state === 'draining' && hook === 'quiesce')
    const forReport = ending && life.up && hook !== 'start' && hook !== 'check'
    // H1: of a check that ran out of time, that is what is told.
    if (hook !== 'check' || now < began + limit) ledger.inject({ error, hook, life, call: number, forReport })
    settled(false, error)
    throw error
  }

  #obey({ ctx, settled }: Call): Promise<never> {
    return new Promise((_, reject) => {
      const signal = ctx?.signal
      if (signal === undefined) return
      const obey = () => {
        settled(false, signal.reason)
        reject(signal.reason)
      }
      if (signal.aborted) obey()
      else signal.addEventListener('abort', obey, { once: true })
    })
  }
}

/** What a decision counts as. */
function faultOf({ hook, does, ms = 0 }: HookDecision, limit: number): FaultKind | undefined {
  if (does === 'hangs' || does === 'obeys') return 'hang'
  if (ms >= limit) return 'late'
  if (does !== 'settles') return hook === 'check' ? 'check' : 'failure'
  return ms > 0 ? 'delay' : undefined
}

/** A real release is carried out whatever the simulation makes of it, so that a run leaks nothing. */
function releaseReal({ hook, real }: Call): void {
  if (hook !== 'stop' && hook !== 'drain' && hook !== 'kill' && hook !== 'quiesce') return
  try {
    Promise.resolve(real()).catch(() => {})
  } catch {
    // The simulated failure is the one that counts.
  }
}
