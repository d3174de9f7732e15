import type { Kernel } from '@keelson/kernel'
import { Listening } from './listening.js'
import { resourceOfRotation } from './rotation.js'

/** Under this symbol the value of a resource offers what it measures itself. */
export const TELEMETRY = Symbol.for('keelson.telemetry')

/** Measured values of one name, with names and labels as OpenTelemetry has them; a distribution is in s. */
export type OfferedMetric = { readonly name: string; readonly help: string } & (
  | {
      readonly kind: 'gauge' | 'counter'
      readonly points: readonly { labels: Readonly<Record<string, string>>; value: number }[]
    }
  | {
      readonly kind: 'histogram'
      readonly distributions: readonly {
        readonly labels: Readonly<Record<string, string>>
        /** Upper bounds, without infinity. */
        readonly bounds: readonly number[]
        /** How many were within each bound, and last how many there were. */
        readonly cumulative: readonly number[]
        readonly sum: number
      }[]
    }
)

/** What the value of a resource may offer: spans and metrics of its own, by the tools that there are; metrics to be read. */
export interface TelemetryOffer<Tools> {
  /** Returns a function that ends it. */
  instrument?(tools: Tools): () => void
  metrics?(): readonly OfferedMetric[]
}

/** Takes what values of running resources offer, for as long as each lives. */
export class Offers<Tools> {
  readonly #kernel: Kernel
  readonly #take: (offer: TelemetryOffer<Tools>) => () => void
  readonly #listening: Listening
  readonly #taken = new Map<string, () => void>()

  constructor(kernel: Kernel, take: (offer: TelemetryOffer<Tools>) => () => void) {
    this.#kernel = kernel
    this.#take = take
    this.#listening = new Listening(kernel)
    this.#listening.on('resource:state', ({ resource, to }) => {
      // What takes its place is looked at when it has.
      if (resourceOfRotation(resource) !== undefined) return
      if (to === 'running') this.#look(resource)
      else if (to === 'stopped' || to === 'failed') this.#drop(resource)
    })
    this.#listening.on('resource:rotated', ({ resource }) => this.#look(resource))
    for (const { name, state } of kernel.inspect().resources) if (state === 'running') this.#look(name)
  }

  /** Takes all of them again. */
  renew(): void {
    for (const resource of [...this.#taken.keys()]) this.#look(resource)
  }

  end(): void {
    this.#listening.end()
    for (const resource of [...this.#taken.keys()]) this.#drop(resource)
  }

  #look(resource: string): void {
    this.#drop(resource)
    const found = this.#kernel.find(resource)
    const offer = found === undefined ? undefined : offerOf<Tools>(this.#kernel.get(found))
    if (offer !== undefined) this.#taken.set(resource, this.#take(offer))
  }

  #drop(resource: string): void {
    const end = this.#taken.get(resource)
    this.#taken.delete(resource)
    end?.()
  }
}

/** What a value offers. It may be anything: the client of a driver, a revoked proxy, one that has every property. */
function offerOf<Tools>(value: unknown): TelemetryOffer<Tools> | undefined {
  try {
    if (typeof value !== 'object' || value === null || !(TELEMETRY in value)) return undefined
    return value[TELEMETRY] as TelemetryOffer<Tools>
  } catch {
    return undefined
  }
}
