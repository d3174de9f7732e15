import { budgetOverGrace } from './rules/budget-over-grace.js'
import { degradableDependency, sharedDependency } from './rules/degradable-dependency.js'
import { drainBudget } from './rules/drain-budget.js'
import { fleetRestart } from './rules/fleet-restart.js'
import { lameDuck } from './rules/lame-duck.js'
import { leaderLease } from './rules/leader-lease.js'
import { noLimit } from './rules/no-limit.js'
import { openedAtLoad } from './rules/opened-at-load.js'
import type { Rule } from './rules/rule.js'
import { startupProbe } from './rules/startup-probe.js'

/** Of a kernel that can be made. */
export const RULES: readonly Rule[] = [
  budgetOverGrace,
  lameDuck,
  drainBudget,
  noLimit,
  startupProbe,
  degradableDependency,
  sharedDependency,
  fleetRestart,
  leaderLease,
  openedAtLoad,
]

/** Of one that cannot: what `createKernel()` refuses. */
export const REFUSALS = {
  DEPENDENCY_CYCLE: { id: 'cycle', summary: 'resources depend on each other in a circle' },
  DUPLICATE_RESOURCE: { id: 'duplicate', summary: 'two resources have one name' },
  INVALID_OPTION: { id: 'invalid-option', summary: 'an option that no kernel can work with' },
} as const

/** Of every rule there is: its id, how bad it is, and what it looks for. */
export const ALL_RULES: readonly Pick<Rule, 'id' | 'severity' | 'summary'>[] = [
  ...Object.values(REFUSALS).map((rule) => ({ ...rule, severity: 'error' as const })),
  ...RULES,
]
