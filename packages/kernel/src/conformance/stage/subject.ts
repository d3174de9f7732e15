import type { Resource } from '../../define/carrier.js'
import type { ResourceOptions } from '../../define/resource.js'

/**
 * A real server that runs, and can be killed and started again on the same port. The suite never ends it for good: whoever started it
 * does, after the last case.
 */
export interface ConformanceServer {
  readonly port: number
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** Ends it at once, as a crash does. */
  kill(): PromiseLike<unknown>
  /** Starts it again, on the same port; resolves once it accepts connections. */
  start(): PromiseLike<unknown>
}

/** Where the resource is to connect: a proxy in front of the server, of each case its own. */
export interface ConformanceAddress {
  readonly host: string
  readonly port: number
}

/** What a case wants of the resource: hand all of it to the adapter, and to what the resource depends on. */
export type ConformanceOptions = Pick<
  // biome-ignore lint/complexity/noBannedTypes: `{}` is the type of "no dependencies".
  ResourceOptions<never, {}>,
  'timeouts' | 'monitor' | 'retry' | 'restart'
>

/** Makes the resource under test, as an application would. */
export type ConformanceMake<T> = (name: string, at: ConformanceAddress, options: ConformanceOptions) => Resource<T>

/** A mistake in what the application said, which the server refuses. */
export interface ConformanceRefusal<T> {
  /** Makes the resource with the mistake. */
  readonly make: ConformanceMake<T>
  /** The driver's own words for it, which the error of the start must contain. */
  readonly says: RegExp
}

/** A resource for a real server, and how to make it, use it and get in its way. */
export interface ConformanceSubject<T> {
  /** What messages call it: `postgres() on pg 8`. */
  readonly name: string
  readonly server: ConformanceServer
  readonly make: ConformanceMake<T>
  /** One round trip to the server. Rejects, or waits, while that is away. */
  use(value: T): PromiseLike<unknown>
  /** What must not be found in anything that is said: passwords in `make` and in `refused`, tokens; at least four characters each. */
  readonly secrets?: readonly string[]
  /** How it comes back once the server does: by itself, as the same value, which is the default, or by a restart of the resource. */
  readonly recovers?: 'by itself' | 'by restart'
  /** The driver's own words for a port that nobody listens at; default `/ECONNREFUSED/`. */
  readonly unreachable?: RegExp
  /** What the server refuses. */
  readonly refused?: {
    readonly credentials?: ConformanceRefusal<T>
    readonly withoutTls?: ConformanceRefusal<T>
    readonly database?: ConformanceRefusal<T>
  }
  /** Takes every slot that the value has, such as the connections of a pool, and returns what gives them back. */
  exhaust?(value: T): PromiseLike<() => unknown>
  /** Cases that cannot hold for this resource, by name, with the reason, which the table of adapters shows. */
  readonly except?: Readonly<Record<string, string>>
  /** How many ms a case waits for what comes at once, but on a busy machine or with a slow server; default 30_000. */
  readonly patience?: number
  /** Hears how each case came out, and of each that is left out. */
  report?(result: ConformanceResult): void
}

/** One case, for any test runner: `test(name, run)`. */
export interface ConformanceCase {
  readonly name: string
  /** The rule of docs/rules.md that it proves. */
  readonly rule: string
  /** Resolves when the rule holds. Cases run one after the other, whoever calls them when. Give it two minutes: a busy machine is waited for. */
  run(): Promise<void>
}

/** How one case came out. */
export interface ConformanceResult {
  readonly subject: string
  readonly case: string
  readonly rule: string
  /** `'left out'` by `except`; `'not asked'` of a subject that does not say how, such as without `exhaust`. */
  readonly outcome: 'passed' | 'failed' | 'left out' | 'not asked'
  /** Why it failed, was left out or not asked. */
  readonly why?: string
  readonly durationMs: number
  /** What was measured, in ms or as a count, by name. */
  readonly figures: Readonly<Record<string, number>>
}
