import type { BudgetView } from '../../protocol.js'
import { duration } from '../model/words.js'

/** What of a shutdown's time is used: while it goes on, until now. */
export function usedMs({ beganAt, endedAt }: BudgetView, now: number): number | undefined {
  return beganAt === undefined ? undefined : Math.max(0, (endedAt ?? now) - beganAt)
}

/** What a shutdown may take against what it has, and what the platform gives, on one scale. */
export function BudgetBar({ budget, now }: { budget: BudgetView; now: number }) {
  const { delayMs, timeoutMs, worstCaseMs, graceMs, platform } = budget
  const used = usedMs(budget, now)
  const known = [timeoutMs, worstCaseMs, graceMs, used].filter((each) => typeof each === 'number')
  const scale = Math.max(1, ...known) * 1.04
  const at = (ms: number) => `${Math.min(100, (ms / scale) * 100)}%`
  const isOver = graceMs !== undefined && (timeoutMs === null || timeoutMs > graceMs)
  const words = [
    timeoutMs === null ? 'A shutdown has no limit' : `A shutdown has ${duration(timeoutMs)}`,
    delayMs > 0 ? `${duration(delayMs)} of them out of rotation first` : '',
    worstCaseMs === null ? '' : `may take ${duration(worstCaseMs)} at the worst`,
    graceMs === undefined ? '' : `${platform ?? 'the platform'} gives ${duration(graceMs)}`,
    used === undefined ? '' : `${duration(used)} used`,
  ].filter(Boolean)
  return (
    <div class="budget-bar">
      <div class="scale" role="img" aria-label={words.join(', ')}>
        <span class="timeout" style={{ width: timeoutMs === null ? '100%' : at(timeoutMs) }} />
        {worstCaseMs !== null && <span class="worst" style={{ width: at(worstCaseMs) }} />}
        {delayMs > 0 && <span class="delay" style={{ width: at(delayMs) }} />}
        {used !== undefined && <span class={`used${budget.endedAt === undefined ? ' open' : ''}`} style={{ width: at(used) }} />}
        {graceMs !== undefined && <span class={`grace${isOver ? ' over' : ''}`} style={{ left: at(graceMs) }} />}
      </div>
      <dl class="budget-key">
        {delayMs > 0 && <Entry kind="delay" label="Delay" value={duration(delayMs)} />}
        <Entry kind="worst" label="Worst case" value={duration(worstCaseMs)} />
        <Entry kind="timeout" label="Has" value={duration(timeoutMs)} />
        {graceMs !== undefined && <Entry kind="grace" label={platform ?? 'Platform'} value={duration(graceMs)} />}
        {used !== undefined && <Entry kind="used" label="Used" value={duration(used)} />}
      </dl>
      {isOver && <p class="callout tone-bad">The platform kills the process before its own budget is over.</p>}
    </div>
  )
}

function Entry({ kind, label, value }: { kind: string; label: string; value: string }) {
  return (
    <div class={`key-${kind}`}>
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}
