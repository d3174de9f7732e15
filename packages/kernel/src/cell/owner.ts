import type { ResourceLike } from '../define/dependency.js'
import type { Subgraph } from '../define/subgraph.js'
import type { KeelsonError } from '../errors.js'
import type { HookSubject } from '../hook/hook-host.js'
import type { Steps } from '../hook/steps.js'

/** What an instance needs of the resource that it is an instance of; `I` is the instance itself. */
export interface Owner<I> extends HookSubject {
  /** What its hooks hear as its name. */
  readonly label: string
  /** The error given to ctx.crashed(), until the next start. */
  readonly crashError: KeelsonError | undefined
  /** The longest that a stop of it took in this process. */
  readonly longestStopMs: number
  steps: Steps | undefined
  /** Whether hooks of this instance may still say something of the resource. */
  isCurrent(instance: I): boolean
  /** Its start has succeeded. */
  started(): void
  startFailed(error: KeelsonError): void
  /** It fails with this, once its start hook has ended. */
  crashedInStart(error: KeelsonError): void
  /** A value came after its start had been given up. */
  orphaned(instance: I): void
  /** A check of the starting instance ended; without an error it passed. */
  firstChecked(error: KeelsonError | undefined, durationMs: number): void
  /** Its start hook has said what it is made of, as the start of a subgraph does. */
  bringUp(instance: I, resources: Iterable<ResourceLike>): Promise<Subgraph>
  /** Health said by the instance itself; without an error it is healthy. */
  pushed(error: KeelsonError | undefined): void
  /** Nobody is to wait for its start any more. */
  standBy(reason: string): void
  /** It asks to be checked now. */
  recheck(): void
  crashed(error: KeelsonError): void
  /** T1: it is done, without having been told to end. */
  finished(then: 'shutdown' | 'restart'): void
}
