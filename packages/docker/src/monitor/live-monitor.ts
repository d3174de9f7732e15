import { setMaxListeners } from 'node:events'
import type { Impact, Kernel, KernelEventOf, Resource, StartContext } from '@keelson/kernel'
import { type ContainerInfo, containerInfo } from '../container/container-info.js'
import { type OwnProbe, probeProblem } from '../container/own-probe.js'
import { identity, type Past, WatchedContainer } from '../container/watched-container.js'
import type { Filters, ListedContainer } from '../engine/docker-like.js'
import { type EngineLink, LinkClosed } from '../engine/engine-link.js'
import type { EngineEvent } from '../engine/event-lines.js'
import { Follower, type FollowerHost } from '../engine/follower.js'
import { reasonOf } from '../engine/reason-of.js'
import { unlessAborted } from '../engine/within.js'
import type { Webhook } from '../report/webhook.js'
import { ContainerCare } from '../watch/container-care.js'
import { containerResource } from '../watch/container-resource.js'
import { handOnKernelEvents } from '../watch/kernel-events.js'
import { Life, upcoming } from '../watch/life.js'
import { MonitorEvents } from '../watch/monitor-events.js'
import type { MonitorSettings } from '../watch/monitor-settings.js'
import { type SessionChange, Sessions } from '../watch/sessions.js'
import { isIn, OwnKernel } from './own-kernel.js'

/** The label of a container that says which monitor restarts it. */
const OWNER = 'keelson.owner'

/** The options of a monitor with their defaults. */
export interface MonitorPlan {
  readonly settings: MonitorSettings
  readonly impact: Impact
  readonly filters: Filters
  now(): number
  /** The name of the resource of the monitor. */
  readonly name: string
  /** Containers whose label names another are not restarted. */
  readonly owner: string
  /** The option `kernel`. */
  kernel(): unknown
  sessionOf(container: ContainerInfo): string | undefined
  probeOf(container: ContainerInfo): OwnProbe | undefined
  onSessionChange(change: SessionChange): unknown
  /** The resource of the monitor itself. */
  self(): Resource<unknown>
}

/** One monitor over all starts of its kernel: the containers that it has added stay in the kernel when that stops. */
export class LiveMonitor {
  readonly events: MonitorEvents
  readonly sessions: Sessions<WatchedContainer>
  readonly containers = new Map<string, WatchedContainer>()
  readonly #byResource = new Map<string, WatchedContainer>()
  readonly #plan: MonitorPlan
  readonly #kernel: OwnKernel
  #life: Life | undefined
  /** The start of the next life. */
  #next = upcoming()
  /** The link of the latest life. */
  link: EngineLink | undefined
  /** Where alerts go in the latest life. */
  webhook: Webhook | undefined
  /** What is known from before the first life: later ones remember it themselves. */
  #past: ReadonlyMap<string, Past> | undefined

  constructor(plan: MonitorPlan) {
    this.#plan = plan
    this.#kernel = new OwnKernel(plan.name, () => plan.kernel())
    this.events = new MonitorEvents(() => plan.now())
    this.sessions = new Sessions((change) => {
      this.events.emit('session', change)
      this.events.guard('onSessionChange', () => plan.onSessionChange(change))
    })
  }

  get name(): string {
    return this.#plan.name
  }

  get settings(): MonitorSettings {
    return this.#plan.settings
  }

  /** Resolves when the containers of the first listing are in the kernel and have been checked. */
  get ready(): Promise<void> {
    return this.#life?.ready.promise ?? Promise.resolve()
  }

  /** The kernel that runs it. @throws KeelsonError `INVALID_OPTION` when the option `kernel` does not give it. */
  get kernel(): Kernel {
    return this.#kernel.get()
  }

  /** Where it tells what happens is open; `past` is what was told before. */
  opened({ webhook, past }: { readonly webhook?: Webhook; readonly past?: ReadonlyMap<string, Past> }): void {
    this.webhook = webhook
    this.#past ??= past ?? new Map()
  }

  /** Follows the engine as soon as the kernel runs, until the returned function is called. */
  begin(link: EngineLink, { kernel: view, crashed }: StartContext): () => void {
    this.link = link
    const ending = new AbortController()
    // Every look in progress listens to it.
    setMaxListeners(0, ending.signal)
    const { settings, impact, filters } = this.#plan
    const { events, sessions } = this
    const has = (container: WatchedContainer) => this.containers.get(container.id) === container
    const gone = (container: WatchedContainer) => this.#remove(container)
    const restart = (container: WatchedContainer) => this.kernel.restart(container.resource!)
    const care = new ContainerCare({ settings, impact, link, events, sessions, life: ending.signal, has, gone, restart })
    const life = new Life(care)
    this.#life = life
    const begun = this.#next
    this.#next = upcoming()
    begun.happens()
    const host: FollowerHost = {
      link,
      filters,
      interval: settings.interval,
      listed: (found) => this.#listed(found, life),
      appeared: (container) => this.#found(container, life),
      knows: (id) => this.containers.has(id),
      happened: (event) => this.#happened(event, life),
      unreadable: (error) => events.emit('problem', { what: 'the events of the engine', reason: reasonOf(error) }),
    }
    const unwatch = link.watch({
      lost: (error) => events.emit('engine-lost', { reason: reasonOf(error) }),
      back: (awayMs) => {
        care.engineBack(this.containers.values())
        events.emit('engine-back', { awayMs })
      },
    })
    const stopListening = handOnKernelEvents(view, (name) => this.#byResource.get(name), care)
    const follow = () => void this.#follow(host, life, ending.signal, crashed)
    const onState = ({ to }: KernelEventOf<'kernel:state'>) => {
      if (to !== 'running') return
      view.off('kernel:state', onState)
      follow()
    }
    if (view.state === 'running') follow()
    else view.on('kernel:state', onState)
    return () => {
      ending.abort(new Error('the container monitor has stopped'))
      life.ready.happens()
      view.off('kernel:state', onState)
      unwatch()
      stopListening()
    }
  }

  async #follow(host: FollowerHost, life: Life, signal: AbortSignal, crashed: StartContext['crashed']): Promise<void> {
    try {
      await this.#kernel.appeared(host.link.clock, signal)
    } catch (error) {
      if (signal.aborted) return
      this.events.emit('problem', { what: 'kernel', reason: reasonOf(error) })
      life.ready.happens()
      return crashed(error)
    }
    await new Follower(host).follow(signal)
  }

  async #start(container: WatchedContainer, ctx: StartContext): Promise<void> {
    const { attempt } = container
    try {
      await this.#life!.care.start(container, ctx)
    } catch (error) {
      // The engine resource has stopped, so nothing is known of the container: not a failed attempt, unless `restart()` was called.
      if (!(error instanceof LinkClosed) || attempt === 0) throw error
    }
  }

  /** A container's check may outlast the engine resource: it then waits for the next life. */
  async #check(container: WatchedContainer, signal: AbortSignal): Promise<void> {
    const { fresh } = container
    for (;;) {
      const next = this.#next
      try {
        return await this.#life!.care.check(container, signal)
      } catch (error) {
        if (!(error instanceof LinkClosed)) throw error
        if (fresh) return
        await unlessAborted(signal, next.promise)
      }
    }
  }

  #listed(found: readonly ListedContainer[], life: Life): void {
    const states = new Map(found.map(({ Id, State }) => [Id, State]))
    for (const container of this.containers.values()) {
      // One that is not listed was removed, or does not match the filters any more; a look tells, and only a removed one leaves.
      const listed = states.get(container.id)
      const news = listed === undefined || container.status === (listed === 'running' ? 'failed' : 'healthy')
      if (news || container.givenUp || !life.added.has(container)) void life.care.lookSoon(container, 0)
      this.#addTo(life, container)
    }
    const added = found.map((container) => this.#found(container, life))
    void Promise.all(added).then(() => life.ready.happens())
  }

  async #found(listed: ListedContainer, life: Life): Promise<void> {
    // A created container has never run: it is found when it starts.
    if (listed.State === 'created' || this.containers.has(listed.Id)) return
    const info = containerInfo(listed)
    const { keepHistory } = this.#plan.settings
    let session: string | undefined
    this.events.guard('sessionOf', () => {
      session = this.#plan.sessionOf(info)
    })
    const probeOf = (now: ContainerInfo) => this.#probeOf(now)
    const container = new WatchedContainer(info, session, probeOf, keepHistory, this.#plan.now())
    const { settings, owner } = this.#plan
    const past = this.#past?.get(info.id)
    if (past !== undefined) container.remember(past)
    container.isOurs = [undefined, owner].includes(info.labels[OWNER])
    container.resource = containerResource(this.#plan.self(), container, {
      settings: container.isOurs ? settings : { ...settings, restartAttempts: 0 },
      impact: this.#plan.impact,
      start: (watched, ctx) => this.#start(watched, ctx),
      check: (watched, signal) => this.#check(watched, signal),
    })
    this.containers.set(container.id, container)
    this.#byResource.set(container.resource.name, container)
    this.events.emit('found', { ...identity(container), image: info.image })
    this.sessions.join(container)
    await this.#addTo(life, container)
  }

  #probeOf(info: ContainerInfo): OwnProbe | undefined {
    let probe: OwnProbe | undefined
    this.events.guard('probe', () => {
      const given = this.#plan.probeOf(info)
      const wrong = given && probeProblem(given)
      if (wrong) throw new Error(`container "${info.name}" is watched without one: ${wrong.option} ${wrong.problem}`)
      probe = given
    })
    return probe
  }

  /** A container of an earlier life is still in the kernel, unless its addition was interrupted. */
  async #addTo({ added }: Life, container: WatchedContainer): Promise<void> {
    if (added.has(container)) return
    added.add(container)
    const { kernel } = this
    if (isIn(kernel, container.resource!)) return
    try {
      await kernel.add(container.resource!)
    } catch (error) {
      if (kernel.state !== 'running' || !this.containers.has(container.id)) return
      this.#forget(container)
      this.events.emit('problem', { what: `adding ${container.resource!.name}`, reason: reasonOf(error) })
    }
  }

  #happened(event: EngineEvent, life: Life): void {
    const container = this.containers.get(event.id)!
    if (event.action === 'destroy') this.#remove(container)
    else life.care.handleEvent(container, event)
  }

  #remove(container: WatchedContainer): void {
    if (this.containers.get(container.id) === container) this.#forget(container)
    // A kernel that is stopping refuses; the next life finds out again that the container was removed.
    this.kernel.remove(container.resource!).catch(() => {})
  }

  #forget(container: WatchedContainer): void {
    this.containers.delete(container.id)
    this.#byResource.delete(container.resource!.name)
    this.events.emit('gone', identity(container))
    this.sessions.leave(container)
  }
}
