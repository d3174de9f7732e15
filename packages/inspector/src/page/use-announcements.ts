import { useEffect, useRef, useState } from 'preact/hooks'
import type { LinkView } from './link/process-link.js'
import { announcement } from './model/announce.js'
import type { PageState } from './model/page-state.js'

/** At most one sentence in this time, so that a screen reader can finish it. */
const PAUSE = 3_000

/** What a screen reader is told: what has changed since the last sentence, and when nobody answers any more. */
export function useAnnouncements(page: PageState, status: LinkView['status']): string {
  const [text, setText] = useState('')
  const latest = useRef(page)
  latest.current = page
  useEffect(() => {
    let told = latest.current
    const timer = setInterval(() => {
      const news = announcement(told, latest.current)
      told = latest.current
      if (news !== '') setText(news)
    }, PAUSE)
    return () => clearInterval(timer)
  }, [])
  const known = useRef(status)
  useEffect(() => {
    if (known.current === status) return
    known.current = status
    setText(
      { live: 'The process answers again', lost: 'The process does not answer', ended: 'The process has ended', connecting: '' }[
        status
      ],
    )
  }, [status])
  return text
}
