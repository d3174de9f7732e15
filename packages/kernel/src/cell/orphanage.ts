import type { KeelsonError } from '../errors.js'
import type { Instance } from './instance.js'
import { Release, type ReleaseListener, type StopOrder } from './release.js'

interface OrphanHost {
  orphanArrived(orphan: OrphanRelease): void
  orphanReleased(orphan: OrphanRelease): void
}

/** The release of a value that came after its start had been given up (S5). */
export class OrphanRelease implements ReleaseListener {
  readonly resource: string
  readonly errors: KeelsonError[] = []
  readonly holdsValue: boolean
  readonly #host: OrphanHost
  /** The resource that it would have been of. */
  readonly owner: object
  readonly #withCleanups: boolean
  readonly #release: Release
  readonly #waiting: (() => void)[] = []

  constructor(resource: string, instance: Instance, order: StopOrder, host: OrphanHost) {
    this.resource = resource
    this.holdsValue = instance.hasValue
    this.#host = host
    this.owner = instance.owner
    this.#withCleanups = !instance.cleaning
    this.#release = new Release(instance, order, this)
  }

  begin(): void {
    this.#host.orphanArrived(this)
    this.#release.cleanUp({ withCleanups: this.#withCleanups })
  }

  /** A teardown that waits for it has less time. */
  hurry(end: number, below = 0): void {
    this.#release.hurry({ end, below })
  }

  /** Calls back once it is released: what it may work with is to be stopped. */
  whenReleased(callback: () => void): void {
    this.#waiting.push(callback)
  }

  draining(): void {}

  stopping(): void {}

  releaseFailed(error: KeelsonError): void {
    this.errors.push(error)
  }

  released(): void {
    this.#host.orphanReleased(this)
    for (const callback of this.#waiting) callback()
  }
}

/** What a teardown sees of it. */
export type LateValues = Pick<Orphanage, 'find'> & { readonly empty: boolean }

/** Values that came after their start had been given up, while they are being released. */
export class Orphanage {
  readonly #open = new Set<OrphanRelease>()
  /** Of the teardown that waits for them. */
  #end = Infinity
  #emptied: (() => void) | undefined

  get empty(): boolean {
    return this.#open.size === 0
  }

  /** One of a resource that this holds for, while it is being released. */
  find(holds: (owner: object) => boolean): OrphanRelease | undefined {
    for (const orphan of this.#open) if (holds(orphan.owner)) return orphan
    return undefined
  }

  arrived(orphan: OrphanRelease): void {
    this.#open.add(orphan)
    orphan.hurry(this.#end)
  }

  released(orphan: OrphanRelease): void {
    this.#open.delete(orphan)
    if (this.#open.size === 0) this.#emptied?.()
  }

  /** A teardown begins: what is open, or comes, has no more time than that. */
  hurry(end: number): void {
    this.#end = end
    for (const orphan of this.#open) orphan.hurry(end)
  }

  /** Calls back once nothing is open any more. */
  whenEmpty(callback: () => void): void {
    const emptied = () => {
      this.#emptied = undefined
      this.#end = Infinity
      callback()
    }
    if (this.#open.size === 0) emptied()
    else this.#emptied = emptied
  }
}
