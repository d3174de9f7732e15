import type { LinkView } from '../link/process-link.js'
import { isMoving } from '../model/mood.js'
import type { PageState } from '../model/page-state.js'
import { ago, duration } from '../model/words.js'
import { usedMs } from './budget-bar.js'

interface Props {
  readonly link: LinkView
  readonly page: PageState
  readonly now: number
  readonly localNow: number
  onConnect(): void
}

/** One line above everything while something is not as usual: nobody answers, the process has ended, a shutdown goes on. */
export function Banner({ link, page, now, localNow, onConnect }: Props) {
  const { status, refused, heardAt, retryAt } = link
  if (status === 'ended' || status === 'lost') {
    const next =
      retryAt === 0 ? 'connecting…' : `next try in ${duration(Math.max(0, Math.ceil((retryAt - localNow) / 1_000)) * 1_000)}`
    return (
      <div class={`banner tone-${status === 'ended' ? 'idle' : 'warn'}`}>
        <span>
          {status === 'ended'
            ? `The process has ended${endOf(page)}. What you see is its last word.${refused === undefined ? '' : ` Another one answers: ${refused.text}`}`
            : `${refused?.text ?? silence(page)} What you see is as of ${ago(localNow - heardAt)}; ${next}.`}
        </span>
        {refused?.isLogin ? (
          <button type="button" onClick={() => location.reload()}>
            Log in
          </button>
        ) : (
          <button type="button" onClick={onConnect}>
            {status === 'ended' ? 'Look for a new one' : 'Connect now'}
          </button>
        )}
      </div>
    )
  }
  const { budget } = page.plan
  const used = usedMs(budget, now)
  if (used !== undefined && budget.endedAt === undefined && isMoving(page.kernel.state)) {
    const left = budget.timeoutMs === null ? undefined : Math.max(0, budget.timeoutMs - used)
    return (
      <div class="banner tone-busy">
        <span>
          Shutting down{budget.reason === undefined ? '' : ` (${budget.reason})`}: {duration(used)} used
          {left === undefined ? '' : `, ${duration(left)} left`}
        </span>
        {budget.timeoutMs !== null && <progress max={budget.timeoutMs} value={used} aria-label="Shutdown budget used" />}
      </div>
    )
  }
  return null
}

function endOf({ plan: { budget } }: PageState): string {
  const used = usedMs(budget, budget.endedAt ?? 0)
  return budget.endedAt === undefined || used === undefined ? '' : ` after a shutdown of ${duration(used)}`
}

function silence({ kernel: { state } }: PageState): string {
  return state === 'draining' || state === 'stopping'
    ? 'The process shuts down, and tells nothing more.'
    : 'The process does not answer.'
}
