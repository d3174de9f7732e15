import { LAST_GRACE, MONITOR } from '../defaults.js'
import type { ResourceLike } from '../define/dependency.js'
import type { Definition, Timeouts } from '../define/resource.js'
import type { Subgraph } from '../define/subgraph.js'
import { dependencyFailed, type KeelsonError, notStarted, startAborted, triesUsedUp, tryFailed } from '../errors.js'
import type { PhaseRun } from '../hook/phase-run.js'
import type { Steps } from '../hook/steps.js'
import { takeTurn } from '../hook/turn.js'
import { Ending, NO_ENDING, type Outcome } from '../observe/ending.js'
import { type OpenHook, openHookOf, type Span } from '../observe/timeline.js'
import { COURSE_MOVES, move, RESOURCE_MOVES, type ResourceCourse, type ResourceState } from '../state.js'
import type { Impact, WorkSnapshot } from '../words.js'
import { CellHealth, type HealthSubject } from './cell-health.js'
import type { CellHost, StartListener, StopListener } from './cell-host.js'
import { FailedStart, holdsAnything, START_FAILED } from './failed-start.js'
import { Instance } from './instance.js'
import { OrphanRelease } from './orphanage.js'
import type { Owner } from './owner.js'
import { Pause } from './pause.js'
import { Release, type ReleaseListener, type StopOrder } from './release.js'
import { HookScope, StopScope } from './scopes.js'
import { nextTry, type Retry, type Tries, underWay } from './tries.js'

/** One live resource: the sole owner of its state. Its hooks run in its current instance. */
export class Cell implements Owner<Instance>, ReleaseListener, HealthSubject {
  /** Its place in the graph; it changes when the graph closes gaps. */
  id: number
  readonly name: string
  readonly definition: Definition
  readonly host: CellHost<Cell>
  state: ResourceState = 'idle'
  course: ResourceCourse = 'steady'
  instance: Instance | undefined
  /** Whether it is activated together with others that do not run yet, also when it has come back meanwhile. */
  heldBack = false
  /** Its place in the line of those that are to be started. */
  ticket: object | undefined
  /** The subgraph that it is part of. */
  within: Cell | undefined
  /** Came in because something that was added needs it. */
  cameAlong = false
  /** What it depended on; only of one that has left the kernel: a value of it may still come. */
  declare formerDependencies?: readonly Cell[]
  /** Why it failed. */
  error: KeelsonError | undefined
  crashError: KeelsonError | undefined
  /** How its last life ended; of its own only once there is something to say. */
  ending: Readonly<Ending> = NO_ENDING
  /** When its start hook was called and had succeeded, in ms since the epoch; 0 for never. */
  startedAt = 0
  runningAt = 0
  /** When it was activated and quiesced. */
  turns: readonly Span[] = NO_SPANS
  /** The steps of its last start, made with the first. */
  steps: Steps | undefined
  /** The end of the life whose stop took longest in this process. */
  #slowest: Readonly<Ending> = NO_ENDING
  /** Made when somebody has something to say of it: most resources of a large graph have no check. */
  #health: CellHealth | undefined
  /** The error that was last told in an event: a crash is told before anybody knows what it leads to. */
  #told: KeelsonError | undefined
  #startListener: StartListener<Cell> | undefined
  #release: Release | undefined
  #stopListeners: readonly StopListener<Cell>[] = NO_LISTENERS
  /** Whether it has run since the kernel was started: what fails from then on is restarted, not tried again. */
  hasRun = false
  /** Its first start has failed, and is tried again (R1, R2). */
  tries: Tries | undefined
  #pause: Pause | undefined
  /** S11: why it does not run for now, where nothing is wrong: it said so, or something that it needs did. */
  standby: string | undefined
  /** S11: whether it has stood by, at some time. */
  takesTurns = false
  /** S11: whether it comes and goes with one that takes turns: that is nothing to alarm anybody. */
  excused = false
  /** R2: the optional dependencies that its instance was started without. */
  without: readonly Cell[] | undefined

  constructor(id: number, name: string, definition: Definition, host: CellHost<Cell>) {
    this.id = id
    this.name = name
    this.definition = definition
    this.host = host
  }

  get health(): CellHealth {
    this.#health ??= new CellHealth(this)
    return this.#health
  }

  get impact(): Impact {
    return this.definition.impact
  }

  /** What its hooks hear as its name. */
  get label(): string {
    return this.definition.label
  }

  /** H8: whether every replica of the service would be without it. */
  get shared(): boolean {
    return this.definition.options.shared === true
  }

  /** R2: whether it has failed to start, and is tried again with nobody waiting for that. */
  get late(): boolean {
    return this.tries?.late === true
  }

  /** How many failed checks in a row make it unhealthy; undefined without a check. */
  get failureThreshold(): number | undefined {
    const { check, monitor } = this.definition.options
    return check === undefined ? undefined : (monitor?.failureThreshold ?? MONITOR.failureThreshold)
  }

  timeout(hook: keyof Timeouts): number {
    return this.definition.options.timeouts?.[hook] ?? this.host.timeouts[hook]
  }

  /** What its dependents work with: there from the end of its start until it has stopped, unless it failed. */
  get available(): boolean {
    return this.runningAt !== 0 && this.ending.stoppedAt === 0 && this.state !== 'failed'
  }

  get value(): unknown {
    if (!this.available) throw notStarted(this.name, this.state)
    return this.instance!.value
  }

  /** Whether its last start succeeded. */
  get ran(): boolean {
    return this.runningAt !== 0
  }

  /** The part of its start that is going on, and for how long, in ms; of several the last that began. */
  get step(): { readonly name: string; readonly sinceMs: number } | undefined {
    const step = this.state === 'starting' || this.state === 'running' ? this.steps?.open.at(-1) : undefined
    return step === undefined ? undefined : { name: step.name, sinceMs: this.host.clock.now() - step.start }
  }

  /** The hook of it that is going on. */
  get hook(): OpenHook | undefined {
    return openHookOf(this, this.host.clock.now()) ?? this.#release?.hook // of what a start that failed had acquired
  }

  /** What work there is, or was when its drain began. */
  get work(): WorkSnapshot | undefined {
    return this.instance === undefined ? this.ending.work : this.instance.readWork()
  }

  get longestStopMs(): number {
    return this.#slowest.stopMs
  }

  /** What its instance counts. */
  get counts(): Readonly<Record<string, number>> | undefined {
    return this.instance?.readCounts()
  }

  /** How long its last start took; undefined unless it succeeded, and nobody waited for one that takes turns. */
  get startMs(): number | undefined {
    return this.runningAt === 0 || this.takesTurns ? undefined : this.runningAt - this.startedAt
  }

  /** S4, H2: whether the kernel's probe has nothing to say about it. */
  get fine(): boolean {
    if ((this.course === 'restarting' && !this.excused) || this.state === 'failed' || this.tries !== undefined) return false
    return this.#health === undefined || this.#health.fine
  }

  /** Why it is not fine, as far as it has been said. */
  get trouble(): KeelsonError | undefined {
    return this.tries?.trouble ?? this.error ?? this.#health?.waitingFor ?? this.crashError ?? this.#health?.trouble
  }

  isCurrent(instance: Instance): boolean {
    if (this.instance !== instance) return false
    return this.state !== 'failed' || (this.crashError === undefined && this.#release === undefined)
  }

  /** Forgets how its last life went. */
  renew(): void {
    this.error = this.crashError = this.standby = undefined
    this.#health?.renew()
    this.ending = NO_ENDING
    this.turns = NO_SPANS
    this.steps = undefined
    this.startedAt = this.runningAt = 0
  }

  start(deps: Record<string, unknown>, listener: StartListener<Cell>): void {
    this.#startListener = listener
    if (!this.fine) this.noteTrouble() // which may end with this
    this.renew()
    this.instance = new Instance(this)
    this.#to('starting')
    this.startedAt = this.instance.startedAt
    this.instance.begin(deps)
  }

  /** R1: the pause after a try that failed is over. */
  tryAgain(deps: Record<string, unknown>): void {
    this.ending = NO_ENDING
    this.#health?.renew()
    this.setTries(underWay(this.name, this.tries!))
    // A listener that heard of it may have ended the start.
    if (this.instance?.waiting) this.instance.begin(deps)
  }

  /** What the probe says of its tries has changed. */
  setTries(tries: Tries | undefined): void {
    this.tries = tries
    this.noteTrouble()
    this.publishProbe()
  }

  /** It does not wait for its next try any more. */
  cancelPause(reason: KeelsonError): void {
    if (this.instance?.waiting) this.instance.abort(reason)
  }

  started(): void {
    this.runningAt = this.host.clock.now()
    this.hasRun = true
    this.standby = undefined
    if (this.tries !== undefined) this.setTries(undefined)
    const { check, monitor } = this.definition.options
    const release = this.#release // asked for while it started
    if (release === undefined && check !== undefined && monitor?.gate !== false) this.health.push(undefined)
    this.#to('running')
    const listener = this.#startListener!
    this.#startListener = undefined
    listener.started(this)
    release?.begin()
  }

  startFailed(error: KeelsonError): void {
    const next = this.#nextTry(error)
    if (next !== undefined && this.#fits(next)) return this.#waitForNextTry(error, next)
    this.#startEnds(error, next === undefined ? undefined : this.timeout('start'))
  }

  /** R1: another try that the kernel waits for. */
  #nextTry(error: KeelsonError): Retry | undefined {
    const { retry } = this.definition
    if (retry === undefined || this.hasRun || this.impact !== 'unready') return undefined
    if (this.#release !== undefined || this.host.ending || this.instance!.aborted) return undefined
    return nextTry(retry, (this.tries?.failed ?? 0) + 1, error, () => this.host.clock.random?.() ?? Math.random())
  }

  /** Whether it would begin while there is time. */
  #fits({ delayMs }: Retry): boolean {
    return this.host.clock.now() + delayMs < this.instance!.deadline
  }

  #waitForNextTry(error: KeelsonError, { attempts, delayMs }: Retry): void {
    const listener = this.#startListener!
    const failed = this.instance!
    const tried = (this.tries?.failed ?? 0) + 1
    if (this.#health !== undefined) this.#health.waitingFor = undefined
    this.instance = new Instance(this, { instance: failed, error })
    if (!holdsAnything(failed)) letGo(failed)
    const pause = new Pause(this, failed, delayMs, {
      released: () => listener.pausing(this),
      over: () => {
        this.#pause = undefined
        listener.resume(this)
      },
    })
    this.#pause = pause
    this.tries = { failed: tried, error, trouble: tryFailed(this.name, tried, error, delayMs), late: false }
    this.noteTrouble()
    this.host.events.emit('start:retry', { resource: this.name, try: tried, attempts, delayMs, error })
    this.publishProbe()
    pause.begin()
  }

  /** There is no other try, or none that anybody waits for; `limit` is the time, in ms, that leaves none. */
  #startEnds(last: KeelsonError, limit: number | undefined): void {
    const listener = this.#startListener!
    const instance = this.instance!
    // Before it is told: that depends on what comes next.
    const retries = listener.retries(this, last)
    const tried = (this.tries?.failed ?? 0) + (instance.waiting ? 0 : 1)
    const usedUp = this.definition.retry !== undefined && !this.hasRun && !retries && last.code !== 'ABORTED'
    const error = usedUp ? triesUsedUp(last, tried, limit) : last
    if (!retries) this.tries = undefined
    else this.#told = error
    const settled = (errors: readonly KeelsonError[]) => {
      if (this.instance === instance) this.instance = undefined
      this.#release = undefined
      const waiting = this.#takeStopListeners()
      listener.startSettled(this, errors)
      this.#stopped(waiting)
    }
    if (this.#health !== undefined) this.#health.waitingFor = undefined
    // Before anybody hears of it, so that a teardown which that leads to waits for it.
    const pause = this.#pause
    this.#pause = undefined
    const before = pause?.cancel(() => settled(NO_ERRORS))
    const rest = before ?? (holdsAnything(instance) ? new FailedStart(this, instance, settled).release : undefined)
    if (rest === undefined) {
      this.instance = undefined
      letGo(instance)
    } else {
      if (this.#release !== undefined) rest.hurry(this.#release.rest)
      this.#release = rest
    }
    this.fail(error)
    listener.startFailed(this, error)
    if (rest === undefined) settled(NO_ERRORS)
    else if (before === undefined) rest.cleanUp()
  }

  cleaning(at: number): void {
    this.#ending.stopAt = at
  }

  /** Part of a teardown that waits for it, if there is one. */
  cleanUpFailed(error: KeelsonError): void {
    if (this.#stopListeners.length > 0) this.releaseFailed(error)
    else this.#report(error)
  }

  cleaned(outcome: Outcome): void {
    this.#ended(outcome)
  }

  firstChecked(error: KeelsonError | undefined, durationMs: number): void {
    this.health.recordFirst(error, durationMs)
  }

  /** S4: it cannot start, or does not run on, because what it depends on has failed. */
  failDependency(dependency: Cell): KeelsonError {
    const error = dependencyFailed(this.name, dependency.name, dependency.error)
    this.tries = undefined
    this.fail(error)
    return error
  }

  bringUp(instance: Instance, resources: Iterable<ResourceLike>): Promise<Subgraph> {
    return this.host.bringUp(this, instance, resources)
  }

  pushed(error: KeelsonError | undefined): void {
    if (this.state === 'starting' || this.state === 'running') this.health.push(error)
  }

  standBy(reason: string): void {
    if (this.state !== 'starting' || this.#release !== undefined) return
    const before = this.standby
    // A try that stands by again after one that failed is told, too.
    const anew = before === undefined || this.tries !== undefined
    if (before === reason && !anew) return
    this.standby = reason
    this.takesTurns = true
    if (this.tries !== undefined) this.setTries(undefined)
    this.host.events.emit('resource:standby', { resource: this.name, reason })
    if (anew) this.#startListener!.stoodBy(this)
  }

  /** S11: what it needs stands by, and so does this. */
  waitFor(dependency: Cell): void {
    this.standby = `${dependency.name} stands by`
    this.error = this.tries = undefined
    // As at a start: what its last life ended with has been told.
    this.#health?.renew()
    this.ending = NO_ENDING
    if (this.state === 'failed') this.restarting()
    this.cancelRestart()
    this.noteTrouble()
    this.publishProbe()
  }

  crashedInStart(error: KeelsonError): void {
    this.#report(error)
  }

  recheck(): void {
    if (this.state === 'running') this.host.recheck(this)
  }

  crashed(error: KeelsonError): void {
    // Its own stop ends it: a child that exits then has not crashed.
    if (this.state === 'stopping') return
    // It is being torn down: one more thing that went wrong in that.
    if (this.#release !== undefined) return this.releaseFailed(error)
    this.crashError = error
    this.#report(error)
    this.host.failing(this, error)
  }

  finished(then: 'shutdown' | 'restart'): void {
    if (this.serving) this.host.finished(this, then)
  }

  /** It crashed while everything is on its way down: what it was needed for may still go well. */
  failMeanwhile(error: KeelsonError): void {
    this.#keep(error)
    if (this.state !== 'failed') this.fail(error)
  }

  /** Nothing more is tried: it has failed. */
  fail(error: KeelsonError): void {
    const from = this.state
    this.error = error
    this.standby = undefined
    this.#health?.endWaiting('failed')
    this.#ending.failedAt = this.host.clock.now()
    this.state = move(RESOURCE_MOVES, from, 'failed', this.name)
    this.noteTrouble()
    this.#announce(from)
    if (this.#told !== error) this.#report(error)
    this.publishProbe()
  }

  /** It had failed because of its checks, and they pass again: the same instance goes on. */
  revive(): void {
    this.error = undefined
    this.#ending.failedAt = 0
    const from = this.state
    this.state = move(RESOURCE_MOVES, from, 'running', this.name)
    this.noteTrouble()
    this.#announce(from)
    this.publishProbe()
  }

  /** It is taken away to be started again or removed, or is back, or will not come back. */
  setCourse(course: ResourceCourse, excused = false): void {
    if (course === this.course && excused === this.excused) return
    if (course !== this.course) this.course = move(COURSE_MOVES, this.course, course, this.name)
    this.excused = excused
    this.noteTrouble()
    this.publishProbe()
  }

  /** Torn down, and waiting for its turn to start again. */
  restarting(): void {
    if (this.state !== 'restarting') this.#to('restarting')
  }

  /** The restart that it waited for will not come. */
  cancelRestart(): void {
    if (this.state === 'restarting') this.#to('stopped')
  }

  /** Whether its instance runs and stays: one in line, or on its way out, runs because its teardown has not come to it. */
  get serving(): boolean {
    return this.state === 'running' && this.#release === undefined && this.ticket === undefined && this.course !== 'removing'
  }

  get activates(): boolean {
    return this.definition.options.activate !== undefined
  }

  /** Whether this instance still has to be told to begin to take work (S9). */
  get awaitsActivation(): boolean {
    return this.activates && this.serving && this.instance !== undefined && this.instance.turned === undefined
  }

  /** S9: it may begin to take work. */
  activate(done: (error: KeelsonError | undefined) => void): void {
    const instance = this.instance!
    instance.turned = 'activate'
    const { options, self } = this.definition
    const hook = (run: PhaseRun) => options.activate!.call(self, instance.value, new HookScope(this.name, run))
    takeTurn(this, instance.openTurns, 'activate', this.timeout('start'), hook, (error) => {
      if (error !== undefined) {
        if (this.#release !== undefined || this.host.ending) this.releaseFailed(error)
        else this.#report(error)
      }
      done(error)
    })
  }

  /** S9: it takes no new work from now on; what goes wrong is part of its teardown. */
  quiesce(reason: string, end: number): void {
    const { instance } = this
    const { activate, quiesce } = this.definition.options
    if (quiesce === undefined || instance === undefined || instance.turned === 'quiesce' || this.state !== 'running') return
    if (activate !== undefined && instance.turned === undefined) return
    instance.turned = 'quiesce'
    const limit = Math.min(this.timeout('drain'), Math.max(0, end - this.host.clock.now()))
    const { self } = this.definition
    const hook = (run: PhaseRun) => quiesce.call(self, instance.value, new StopScope(this.name, run, reason))
    takeTurn(this, instance.openTurns, 'quiesce', limit, hook, (error) => {
      if (error !== undefined) this.releaseFailed(error)
    })
  }

  /** V1: takes over the instance of its successor, which gets the one of this to stop it. Both run, and no hook of them is in flight. */
  exchange(successor: Cell): void {
    const { instance, startedAt, runningAt, turns, steps } = this
    this.#adopt(successor.instance!, successor)
    successor.#adopt(instance!, { startedAt, runningAt, turns, steps })
    if (this.failureThreshold !== undefined || successor.#health !== undefined) this.health.follow(successor.health)
  }

  #adopt(
    instance: Instance,
    { startedAt, runningAt, turns, steps }: Pick<Cell, 'startedAt' | 'runningAt' | 'turns' | 'steps'>,
  ): void {
    instance.owner = this
    this.instance = instance
    this.startedAt = startedAt
    this.runningAt = runningAt
    this.turns = turns
    this.steps = steps
  }

  /** Tears the current instance down; a start in flight is told to end first. Whoever asks again waits for the same end. */
  stop(order: StopOrder, listener: StopListener<Cell>): void {
    this.#stopListeners = this.#stopListeners.length === 0 ? [listener] : [...this.#stopListeners, listener]
    const instance = this.instance!
    if (this.#release === undefined) {
      this.#release = new Release(instance, order, this)
      if (this.state !== 'starting') return this.#release.begin()
    } else this.#release.hurry(order)
    if (this.state === 'starting') instance.endStart(this.#release.startLimit, startAborted(this.name, order.reason))
  }

  draining(at: number): void {
    this.#ending.drainAt = at
    this.#to('draining')
  }

  stopping(at: number): void {
    this.#ending.stopAt = at
    this.#to('stopping')
  }

  releaseFailed(error: KeelsonError): void {
    this.#keep(error)
    this.#report(error)
  }

  released({ outcome, note, work, cut }: Release): void {
    const ending = this.#ended(outcome, note)
    ending.work = work
    ending.cut = cut
    if (ending.stopMs > this.longestStopMs) this.#slowest = ending
    this.instance = this.#release = undefined
    const waiting = this.#takeStopListeners()
    this.#to(outcome === 'stopped' ? 'stopped' : 'failed')
    this.#stopped(waiting)
  }

  /** S5: what arrives after its start was given up belongs to nobody: it is released as it arrives. */
  orphaned(instance: Instance): void {
    const at = this.host.clock.now()
    const order = { reason: 'its start had been given up', end: at + this.timeout('stop') + LAST_GRACE, below: 0 }
    new OrphanRelease(this.name, instance, order, this.host).begin()
  }

  #keep(error: KeelsonError): void {
    const ending = this.#ending
    ending.errors = [...ending.errors, { error, order: this.host.nextOrder() }]
  }

  get #ending(): Ending {
    if (this.ending === NO_ENDING) this.ending = new Ending()
    return this.ending
  }

  #ended(outcome: Outcome, note?: string): Ending {
    const ending = this.#ending
    ending.outcome = outcome
    ending.note = note
    ending.order = this.host.nextOrder()
    ending.stoppedAt = this.host.clock.now()
    return ending
  }

  noteTrouble(): void {
    this.host.noteTrouble(this)
  }

  publishProbe(): void {
    this.host.publishProbe()
  }

  failing(error: KeelsonError): void {
    if (this.state === 'running') this.host.failing(this, error)
  }

  passing(): void {
    if (this.crashError === undefined && (this.state === 'failed' || this.within !== undefined)) this.host.recovered(this)
  }

  /** Those who wait for the end of this teardown: what is told on the way may lead to the next one. */
  #takeStopListeners(): readonly StopListener<Cell>[] {
    const listeners = this.#stopListeners
    this.#stopListeners = NO_LISTENERS
    return listeners
  }

  #stopped(listeners: readonly StopListener<Cell>[]): void {
    for (const listener of listeners) listener.stopped(this)
  }

  #report(error: KeelsonError): void {
    this.#told = error
    this.host.events.emit('resource:error', { resource: this.name, phase: error.phase, error })
  }

  #to(state: ResourceState): void {
    const from = this.state
    this.state = move(RESOURCE_MOVES, from, state, this.name)
    this.#health?.endWaiting(state)
    if (!this.fine) this.noteTrouble() // its reason names the state
    this.#announce(from)
    if (this.fine && from !== 'failed') return
    this.noteTrouble()
    this.publishProbe()
  }

  #announce(from: ResourceState): void {
    if (this.host.events.active) this.host.events.emit('resource:state', { resource: this.name, from, to: this.state })
  }
}

/** A try that failed and had acquired nothing. */
function letGo(instance: Instance): void {
  instance.retire(START_FAILED)
  instance.end(true)
}

const NO_ERRORS: readonly KeelsonError[] = []
const NO_LISTENERS: readonly StopListener<Cell>[] = []
const NO_SPANS: readonly Span[] = []
