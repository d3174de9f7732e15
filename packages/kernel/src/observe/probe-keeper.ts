import type { Health, KernelState, ResourceState } from '../state.js'
import type { Impact } from '../words.js'
import type { Events } from './events.js'
import { foldProbe, type Probe, type ProbeReason, sameReason } from './probe.js'
import { Reasons, reasonsOf } from './reasons.js'

/** A resource, as far as the probe is concerned. */
export interface Probed {
  readonly name: string
  readonly impact: Impact
  readonly state: ResourceState
  readonly health: { readonly health: Health }
  /** Whether there is nothing to say about it. */
  readonly fine: boolean
  readonly trouble: Error | undefined
}

/** Keeps the kernel's probe: folded again only after something that it is made of has changed. */
export class ProbeKeeper {
  readonly #events: Events
  readonly #state: () => KernelState
  readonly #troubled = new Reasons<Probed>()
  /** How many of them have which impact. */
  readonly #impacts = { none: 0, degraded: 0, unready: 0 }
  /** What may have changed since the probe was folded. */
  readonly #noted = new Set<Probed>()
  /** Whether a reason has changed since then. */
  #changed = true
  #started = false
  #failure: ProbeReason | undefined
  #cordon: ProbeReason | undefined
  #stale = false
  #current: Probe

  constructor(events: Events, state: () => KernelState) {
    this.#events = events
    this.#state = state
    this.#current = this.#fold()
  }

  get current(): Probe {
    this.catchUp()
    return this.#current
  }

  /** Refold first, so that the first listener does not receive older changes. */
  catchUp(): void {
    if (this.#stale) this.#refresh()
  }

  /** A start begins: what was wrong before no longer counts. */
  reset(): void {
    this.#troubled.clear()
    this.#noted.clear()
    this.#impacts.none = this.#impacts.degraded = this.#impacts.unready = 0
    this.#changed = true
    this.#failure = undefined
    this.#started = false
  }

  /** Why the kernel has failed; undefined when it no longer has. */
  set failure(reason: ProbeReason | undefined) {
    this.#changed ||= !sameReason(this.#failure, reason)
    this.#failure = reason && Object.freeze(reason)
    this.outdated()
  }

  /** Why the kernel is out of rotation by hand, whatever life it is in. */
  set cordon(reason: ProbeReason | undefined) {
    this.#changed ||= !sameReason(this.#cordon, reason)
    this.#cordon = reason && Object.freeze(reason)
    this.outdated()
  }

  /** Whether a resource is fine, or why it is not, has changed. */
  note(cell: Probed): void {
    this.#noted.add(cell)
    this.outdated()
  }

  /** It has left the kernel. */
  forget(cell: Probed): void {
    this.#noted.delete(cell)
    if (this.#troubled.get(cell) === undefined) return
    this.#remove(cell)
    this.changed()
  }

  /** Everything has started, or has stopped. */
  set started(started: boolean) {
    this.#started = started
    if (!started) for (const cell of this.#troubled.keys()) this.#noted.add(cell)
  }

  /** Something that the probe is folded from has changed; whoever asks from now on gets the truth. */
  outdated(): void {
    this.#stale = true
  }

  /** The same, and those who listen are told. */
  changed(): void {
    this.outdated()
    if (this.#events.wants('probe:change')) this.#refresh()
  }

  #refresh(): void {
    this.#stale = false
    for (const cell of this.#noted) this.#read(cell)
    this.#noted.clear()
    const probe = this.#fold()
    const previous = this.#current
    const same = probe.status === previous.status && probe.started === previous.started && probe.live === previous.live
    if (same && !this.#changed) return
    this.#changed = false
    this.#current = probe
    this.#events.emit('probe:change', { probe, previous })
  }

  #read(cell: Probed): void {
    if (cell.fine) return this.#remove(cell)
    const reason = reasonOf(cell)
    const before = this.#troubled.get(cell)
    if (sameReason(before, reason)) return
    if (before === undefined) this.#impacts[cell.impact]++
    this.#troubled.set(cell, reason)
    this.#changed = true
  }

  #remove(cell: Probed): void {
    if (this.#troubled.get(cell) === undefined) return
    this.#impacts[cell.impact]--
    this.#troubled.delete(cell)
    this.#changed = true
  }

  #fold(): Probe {
    const { unready, degraded } = this.#impacts
    const { version } = this.#troubled
    return foldProbe({
      state: this.#state(),
      started: this.#started,
      failure: this.#failure,
      cordon: this.#cordon,
      worst: unready > 0 ? 'unready' : degraded > 0 ? 'degraded' : 'none',
      troubles: () => reasonsOf(version),
    })
  }
}

function reasonOf(cell: Probed): ProbeReason {
  return Object.freeze({
    resource: cell.name,
    state: cell.state,
    health: cell.health.health,
    message: cell.trouble?.message ?? `resource "${cell.name}" is ${cell.state}`,
  })
}
