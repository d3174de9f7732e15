import type { ErrorRecord } from '../../protocol.js'
import { ago, timeOfDay } from '../model/words.js'

/** The last errors, newest first. */
export function Errors({ errors, now }: { errors: readonly ErrorRecord[]; now: number }) {
  if (errors.length === 0) return null
  return (
    <section>
      <h3>Errors</h3>
      <ol class="errors">
        {[...errors].reverse().map(({ at, phase, code, message }, index) => (
          <li key={index}>
            <p>{message}</p>
            <small>
              <time title={timeOfDay(at)}>{ago(now - at)}</time>
              {phase !== undefined && `, ${phase}`}
              {code !== undefined && (
                <>
                  , <code>{code}</code>
                </>
              )}
            </small>
          </li>
        ))}
      </ol>
    </section>
  )
}
