import { duration, measured } from '../model/words.js'

export interface SparkPoint {
  readonly value: number
  readonly ok: boolean
  readonly title?: string
}

const WIDTH = 240
const HEIGHT = 36

/** Values over time as bars; what failed is a full bar with a mark at its foot. */
export function Sparkline({ points, unit = 'ms', label }: { points: readonly SparkPoint[]; unit?: string; label: string }) {
  if (points.length === 0) return null
  const top = Math.max(...points.map(({ value }) => value), 1e-9)
  const step = WIDTH / Math.max(points.length, 20)
  const last = points.at(-1)!
  const failed = points.filter(({ ok }) => !ok).length
  const summary = `${label}: last ${unit === 'ms' ? duration(last.value) : measured(last.value, unit)}, most ${measured(top, unit)}${failed > 0 ? `, ${failed} of ${points.length} failed` : ''}`
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={summary}>
      {points.map(({ value, ok, title }, index) => {
        const height = ok ? Math.max(1.5, (value / top) * (HEIGHT - 6)) : HEIGHT - 6
        return (
          <rect
            key={index}
            class={ok ? 'ok' : 'bad'}
            x={index * step}
            y={HEIGHT - 4 - height}
            width={Math.max(1, step - 1.4)}
            height={height}
          >
            {title !== undefined && <title>{title}</title>}
          </rect>
        )
      })}
      {points.map(({ ok }, index) =>
        ok ? null : <rect key={index} class="foot" x={index * step} y={HEIGHT - 3} width={Math.max(1, step - 1.4)} height={3} />,
      )}
    </svg>
  )
}
