import { FINISH, type FinishingContext } from '../../define/context.js'
import type { Definition } from '../../define/resource.js'
import type { KeelsonError } from '../../errors.js'
import { describe } from '../../thrown.js'
import type { Action } from '../model/schedule.js'
import type { Life, Track } from '../model/track.js'
import type { World } from '../model/world.js'
import { cordonOr } from '../rules/probe.js'
import { Promises } from './promises.js'

/** Does to a kernel what a schedule says, and looks at how its promises settle. */
export class Actor {
  readonly #world: World
  readonly #originals: ReadonlyMap<string, Definition>
  readonly #promises: Promises
  readonly #atEvent = new Map<number, Action[]>()
  #events = 0
  /** Whether the kernel is telling an event. */
  #listening = false

  constructor(world: World, originals: ReadonlyMap<string, Definition>) {
    this.#world = world
    this.#promises = new Promises(world)
    this.#originals = originals
  }

  /** Promises that have not settled. */
  get open(): readonly string[] {
    return this.#promises.open
  }

  /** Sets every action for its time. */
  begin(actions: readonly Action[]): void {
    for (const action of actions) {
      if (action.event !== undefined) this.#atEvent.set(action.event, [...(this.#atEvent.get(action.event) ?? []), action])
      else if (action.at !== undefined) this.#world.later(action.at, () => this.#act(action))
    }
    this.#act({ do: 'start' })
  }

  /** An event of the kernel is being heard. */
  heard(): void {
    const listening = this.#listening
    this.#listening = true
    for (const action of this.#atEvent.get(++this.#events) ?? []) {
      this.#world.tally.listener++
      this.#act(action)
    }
    this.#listening = listening
  }

  shutdown(): void {
    this.#act({ do: 'shutdown' })
  }

  #act(action: Action): void {
    const world = this.#world
    if (world.violation !== undefined) return
    world.steps++
    try {
      this.#perform(action)
    } catch (error) {
      world.violate('nothing throws', `"${action.do}" threw ${describe(error)}`)
    }
  }

  #perform(action: Action): void {
    const world = this.#world
    const track = action.resource === undefined ? undefined : world.tracks.get(action.resource)
    switch (action.do) {
      case 'start':
        if (action.at !== undefined || action.event !== undefined) world.tally.start++
        return this.#promises.start()
      case 'shutdown':
        if (action.at !== undefined || action.event !== undefined) world.tally.shutdown++
        return this.#promises.shutdown()
      case 'fail':
        world.tally.fail++
        world.broken = world.aborting = true
        world.failsNext = !world.up && this.#promises.open.includes('start()')
        return world.kernel.fail(new Error('simulated: fail'))
      case 'cordon':
      case 'uncordon':
        return cordonOr(world, action.do)
      case 'check now':
        world.tally.checkNow++
        return this.#promises.check(track && { track, definition: this.#originals.get(track.name)! }, this.#listening)
      case 'calm':
        world.calm = true
        return
      case 'leave out':
      case 'jitter':
        return
      default:
        if (track !== undefined) this.#actOn(track, action)
    }
  }

  #actOn(track: Track, action: Action): void {
    const { kernel, tally } = this.#world
    const definition = this.#originals.get(track.name)!
    switch (action.do) {
      case 'add':
        tally.add++
        return this.#change(
          `add(${track.name})`,
          () => this.#newWith(track),
          () => kernel.add(definition),
        )
      case 'remove': {
        tally.remove++
        const { dependents = false } = action
        const known = this.#isKnown(track)
        return this.#change(
          `remove(${track.name})`,
          () => track.withPrivateDependencies(),
          () => kernel.remove(definition, { dependents }),
          known ? !dependents && track.withDependents().size > 1 : undefined,
        )
      }
      case 'restart':
        tally.restart++
        return this.#promises.follow(`restart(${track.name})`, () => kernel.restart(definition))
      case 'use':
        tally.use++
        return this.#use(track, action.ms ?? 0)
      case 'track':
        tally.track++
        return this.#track(action.stale ? track.lives.at(-2) : track.life, action.ms ?? 0)
      case 'end':
        tally.end++
        return this.#end(track, action)
      default:
        return this.#say(track, action)
    }
  }

  /** An addition or a removal: until it is over, these may or may not count. */
  #change(what: string, affected: () => readonly Track[], work: () => Promise<void>, refuses?: boolean): void {
    let tracks: readonly Track[] = []
    const before = () => {
      tracks = affected()
      for (const track of tracks) track.changing++
    }
    const over = (error: unknown) => {
      for (const track of tracks) {
        track.changing--
        track.member = this.#isMember(track)
      }
      const refused = (error as Partial<KeelsonError> | undefined)?.code === 'HAS_DEPENDENTS'
      if (refuses !== undefined && refused !== refuses) {
        this.#world.violate('a removal is refused where it must be', `${what} ${refused ? 'was refused' : 'was not refused'}`)
      }
    }
    this.#around(
      before,
      () => this.#promises.follow(what, work, over),
      () => {},
    )
  }

  /** Whether it is plain what a removal now must do. */
  #isKnown(track: Track): boolean {
    const tracks = [...track.withDependents()]
    return !this.#listening && this.#world.state === 'running' && tracks.every(({ changing, member }) => changing === 0 && member)
  }

  /** What an addition brings in. */
  #newWith(track: Track): Track[] {
    if (this.#world.state !== 'running') return []
    const added = [...track.withDependencies()].filter((other) => !this.#isMember(other))
    for (const other of added) {
      other.member = true
      other.state = 'idle'
      other.away = false
      other.life = undefined
      other.joined = this.#world.tally.add
      other.standby = undefined
      other.waits = other.takesTurns = other.excused = false
      other.hasRun = other.late = other.lacksDependency = false
      other.retry = undefined
    }
    return added
  }

  #use(track: Track, ms: number): void {
    const given = this.#world.refs.get(track.name)
    if (given === undefined) return
    const { ref, owner } = given
    const served = track.life?.serving === true && owner.serving
    const work = async (value: unknown) => {
      const life = track.lastLife((life) => life.up && Object.is(life.value, value))
      if (life === undefined || life !== track.life) {
        this.#world.violate('a ref shows the current instance', `a lease on "${track.name}" gave another instance`)
        return
      }
      life.leases++
      await this.#world.delay(ms)
      life.leases--
      life.workEndedIn = this.#world.turn
    }
    const what = `use(${track.name})`
    this.#promises.follow(
      what,
      () => ref.use(work),
      (error) => {
        if (error !== undefined && served) this.#world.violate('a lease is given while it runs', `${what} was refused`)
      },
    )
  }

  /** W1: what is tracked is accepted until the drain is over, and never after. */
  #track(life: Life | undefined, ms: number): void {
    if (life === undefined) return
    const world = this.#world
    const { name, state } = life.track
    let accepted = false
    const work = async () => {
      accepted = true
      life.work++
      await world.delay(ms)
      life.work--
      life.workEndedIn = world.turn
    }
    const what = `track(${name})`
    this.#promises.follow(what, () => life.ctx.track('work', work))
    const aborted = life.ctx.signal.aborted
    const starts = life.start === 'open' && !life.startGivenUp && state === 'starting' && !aborted
    const drains =
      life === life.track.life && state === 'draining' && life.drained === 'open' && world.now < life.drainContext!.deadline
    if (!accepted && (starts || life.serving || drains))
      world.violate('work is accepted until the drain is over', `${what} was refused while it is ${state}`)
    if (accepted && life.stopped !== undefined)
      world.violate('no work is accepted after the drain', `${what} was accepted after its stop was called`)
  }

  /** T1: it is done, as a task is, without having been told to end. */
  #end(track: Track, { stale, then = 'shutdown' }: Action): void {
    const world = this.#world
    const life = stale ? track.lives.at(-2) : track.life
    if (life === undefined) return
    this.#around(
      () => {
        if (then === 'restart') life.mayBeginAnew = true
        const known = life.serving && !life.goingDown && !track.away && track.changing === 0
        if (!known || world.ending) return
        life.finished = then
        if (then === 'shutdown' && world.started && world.state !== 'starting') this.#promises.stopped()
      },
      () => (life.ctx as FinishingContext)[FINISH](then),
    )
  }

  /** What a resource says of itself. */
  #say(track: Track, { do: what, stale }: Action): void {
    const { ledger, tally } = this.#world
    tally[what === 'crash' ? 'crash' : 'unhealthy']++
    const life = stale ? track.lives.at(-2) : track.life
    if (life === undefined) return
    const error = new Error(`simulated: ${what} of "${track.name}"`)
    let heard = false
    let leaving = false
    this.#around(
      () => {
        const inTime = track.state === 'starting' || track.state === 'running'
        leaving = track.state === 'draining'
        heard = life === track.life && !life.startGivenUp && (inTime || (leaving && what === 'crash'))
        // One that was lost has no work left to finish once it says that it is gone.
        if (!heard && what === 'crash' && life === track.life && track.state === 'failed') life.gone = true
        if (!heard) return
        if (what !== 'crash') return track.says(what === 'healthy' ? 'healthy' : 'unhealthy', this.#world.now)
        ledger.inject({ error, hook: 'start', life, call: track.calls.start, forReport: this.#world.ending && life.up })
        life.gone = true
      },
      () => {
        if (what === 'crash') life.ctx.crashed(error)
        else if (what === 'healthy') life.ctx.healthy()
        else life.ctx.unhealthy(error)
      },
      () => {
        if (heard && !leaving && what === 'crash') life.crashed = true
      },
    )
  }

  /** E2: what a listener asks for is done when its turn has ended, so that is when to look. */
  #around(before: () => void, say: () => void, after: () => void = () => {}): void {
    if (this.#listening) void Promise.resolve().then(before)
    else before()
    say()
    if (this.#listening) void Promise.resolve().then(after)
    else after()
  }

  /** Asked of the kernel itself: additions and removals may overlap. */
  #isMember({ name }: Track): boolean {
    try {
      this.#world.kernel.get(this.#originals.get(name)!)
      return true
    } catch (error) {
      return (error as Partial<KeelsonError>).code !== 'UNKNOWN_RESOURCE'
    }
  }
}
