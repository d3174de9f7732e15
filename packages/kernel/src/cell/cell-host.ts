import type { ResourceLike } from '../define/dependency.js'
import type { Subgraph } from '../define/subgraph.js'
import type { KeelsonError } from '../errors.js'
import type { HookHost } from '../hook/hook-host.js'
import type { Instance } from './instance.js'
import type { OrphanRelease } from './orphanage.js'

/** What a cell needs of the kernel that it lives in; `C` is the cell itself. */
export interface CellHost<C> extends HookHost {
  /** Whether the whole kernel is on its way down: what goes wrong is part of that. */
  readonly ending: boolean
  /** Of errors and ends, in the order in which they are told. */
  nextOrder(): number
  /** Whether a resource is fine, or why it is not, has changed: whoever asks for the probe from now on gets the truth. */
  noteTrouble(cell: C): void
  /** It asks to be checked now, if it is checked at all. */
  recheck(cell: C): void
  /** After the resource has told itself what changed: now the probe tells what follows. */
  publishProbe(): void
  /** A running resource has crashed, or its checks have failed past the threshold. */
  failing(cell: C, error: KeelsonError): void
  /** Takes in what a subgraph is made of, and brings it up. */
  bringUp(cell: C, instance: Instance, resources: Iterable<ResourceLike>): Promise<Subgraph>
  /** T1: a task is done, without having been told to end. */
  finished(cell: C, then: 'shutdown' | 'restart'): void
  /** The checks of one that had failed for good pass again. */
  recovered(cell: C): void
  /** A value that came after its start had been given up is being released; a teardown waits for that. */
  orphanArrived(orphan: OrphanRelease): void
  orphanReleased(orphan: OrphanRelease): void
}

export interface StartListener<C> {
  started(cell: C): void
  /** At once; `startSettled` follows when what it had acquired is released. */
  startFailed(cell: C, error: KeelsonError): void
  startSettled(cell: C, errors: readonly KeelsonError[]): void
  /** S11: nobody is to wait for it any more. */
  stoodBy(cell: C): void
  /** R1: it is tried again, and needs no place in the line until then. */
  pausing(cell: C): void
  /** R1: the pause is over: `tryAgain` as soon as there is a place. */
  resume(cell: C): void
  /** R2: whether it will be tried again in the background. */
  retries(cell: C, error: KeelsonError): boolean
}

export interface StopListener<C> {
  stopped(cell: C): void
}
