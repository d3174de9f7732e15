import type { WorkSnapshot } from '@keelson/kernel'
import type { ResourceView } from '../../protocol.js'
import { count, duration } from '../model/words.js'

/** What a resource works on, and what its last drain did not wait for. */
export function Work({ resource: { work, cut } }: { resource: ResourceView }) {
  if (work === undefined && cut === undefined) return null
  return (
    <section>
      <h3>Work</h3>
      {work !== undefined && <WorkList title={`${work.count} in flight`} work={work} />}
      {cut !== undefined && <WorkList title={`${count(cut.count, 'piece')} of work cut`} work={cut} isCut />}
    </section>
  )
}

function WorkList({ title, work, isCut = false }: { title: string; work: WorkSnapshot; isCut?: boolean }) {
  return (
    <>
      <p class={`figure${isCut ? ' tone-bad' : ''}`}>{title}</p>
      <ul class="work">
        {work.oldest.map(({ label, sinceMs, hint }, index) => (
          <li key={index}>
            <code>{label}</code>
            <span>{duration(sinceMs)}</span>
            {hint !== undefined && <small>{hint}</small>}
          </li>
        ))}
        {work.count > work.oldest.length && <li class="faint">and {work.count - work.oldest.length} younger</li>}
      </ul>
    </>
  )
}
