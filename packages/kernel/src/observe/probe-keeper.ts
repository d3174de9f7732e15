import type { Health, KernelState, ResourceState } from '../state.js'
import type { Impact } from '../words.js'
import type { Events } from './events.js'
import { foldProbe, type Probe, type ProbeReason, sameProbe, type Trouble } from './probe.js'

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
  readonly #troubled = new Set<Probed>()
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
    this.#failure = undefined
    this.#started = false
  }

  /** Why the kernel has failed; undefined when it no longer has. */
  set failure(reason: ProbeReason | undefined) {
    this.#failure = reason
    this.outdated()
  }

  /** Why the kernel is out of rotation by hand, whatever life it is in. */
  set cordon(reason: ProbeReason | undefined) {
    this.#cordon = reason
    this.outdated()
  }

  /** Whether a resource is fine, or why it is not, has changed. */
  note(cell: Probed): void {
    if (cell.fine) this.#troubled.delete(cell)
    else this.#troubled.add(cell)
    this.outdated()
  }

  /** It has left the kernel. */
  forget(cell: Probed): void {
    if (this.#troubled.delete(cell)) this.changed()
  }

  /** Everything has started, or has stopped. */
  set started(started: boolean) {
    this.#started = started
    if (!started) for (const cell of this.#troubled) if (cell.fine) this.#troubled.delete(cell)
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
    const probe = this.#fold()
    const previous = this.#current
    if (sameProbe(probe, previous)) return
    this.#current = probe
    this.#events.emit('probe:change', { probe, previous })
  }

  #fold(): Probe {
    const troubled = Array.from(this.#troubled, troubleOf)
    const cordon = this.#cordon
    return foldProbe({ state: this.#state(), started: this.#started, failure: this.#failure, cordon, troubled })
  }
}

function troubleOf(cell: Probed): Trouble {
  return {
    resource: cell.name,
    impact: cell.impact,
    state: cell.state,
    health: cell.health.health,
    message: cell.trouble?.message ?? `resource "${cell.name}" is ${cell.state}`,
  }
}
