import type { Rule } from './rules.js'
import type { Stage } from './stage.js'
import type { ConformanceSubject } from './subject.js'

/** One case, played with any subject. */
export interface CaseRow {
  readonly name: string
  readonly rule: Rule
  /** Why a subject has nothing to show here; without it every subject has. */
  missing?(subject: ConformanceSubject<unknown>): string | undefined
  play(stage: Stage<unknown>): Promise<void>
}
