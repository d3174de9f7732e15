import type { ActionRequest } from '../../protocol.js'
import type { PageState } from '../model/page-state.js'
import type { Question } from './dialog.js'

/** What every view is given: what is known, and what can be asked for. */
export interface Desk {
  readonly page: PageState
  /** Now, by the clock of the process. */
  readonly now: number
  /** Whether actions are allowed and somebody is there to do them. */
  readonly canAct: boolean
  /** The name of the resource whose details are shown. */
  readonly selected: string | undefined
  /** Shows the details of a resource; with `byKey`, the focus goes there. */
  select(name: string | undefined, byKey?: boolean): void
  /** Asks the process, and tells what came of it. */
  act(request: ActionRequest): void
  /** Asks the reader first. */
  confirm(question: Question): void
}
