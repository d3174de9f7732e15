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
  readonly #withCleanups: boolean
  readonly #release: Release

  constructor(resource: string, instance: Instance, order: StopOrder, host: OrphanHost) {
    this.resource = resource
    this.holdsValue = instance.hasValue
    this.#host = host
    this.#withCleanups = !instance.cleaning
    this.#release = new Release(instance, order, this)
  }

  begin(): void {
    this.#host.orphanArrived(this)
    this.#release.cleanUp({ withCleanups: this.#withCleanups })
  }

  /** A teardown that waits for it has less time. */
  hurry(end: number): void {
    this.#release.hurry({ end, below: 0 })
  }

  draining(): void {}

  stopping(): void {}

  releaseFailed(error: KeelsonError): void {
    this.errors.push(error)
  }

  released(): void {
    this.#host.orphanReleased(this)
  }
}

/** Values that came after their start had been given up, while they are being released. */
export class Orphanage {
  readonly #open = new Set<OrphanRelease>()
  /** Of the teardown that waits for them. */
  #end = Infinity
  #emptied: (() => void) | undefined

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
