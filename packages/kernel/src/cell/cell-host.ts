import type { Timeouts } from '../define/resource.js'
import type { KeelsonError } from '../errors.js'
import type { Events } from '../observe/events.js'
import type { KernelView } from '../observe/kernel-view.js'
import type { Clock } from '../time/clock.js'
import type { Deadlines } from '../time/deadline.js'
import type { Cell } from './cell.js'
import type { Release } from './release.js'

/** What a cell needs of the kernel that it lives in. */
export interface CellHost {
  readonly clock: Clock
  readonly events: Events
  /** Of hooks that somebody waits for. */
  readonly deadlines: Deadlines
  readonly timeouts: Required<Timeouts>
  /** What hooks see of the kernel, one for each start. */
  view(): KernelView
  /** Whether a resource is fine, or why it is not, has changed: whoever asks for the probe from now on gets the truth. */
  noteTrouble(cell: Cell): void
  /** After the resource has told itself what changed: now the probe tells what follows. */
  tellTrouble(): void
  /** A running resource is gone, or its checks have failed past the threshold. */
  failing(cell: Cell, error: KeelsonError): void
  /** A value that came after its start had been given up is being released; a teardown waits for that. */
  orphanArrived(release: Release): void
  orphanReleased(resource: string, release: Release): void
  /** A hook failed after it had been given up. */
  lateError(error: KeelsonError): void
}

export interface StartListener {
  started(cell: Cell): void
  /** At once; `startSettled` follows when what it had acquired is released. */
  startFailed(cell: Cell, error: KeelsonError): void
  startSettled(cell: Cell, errors: readonly KeelsonError[]): void
}

export interface StopListener {
  stopped(cell: Cell): void
}
