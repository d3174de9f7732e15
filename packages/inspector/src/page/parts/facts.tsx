import type { ComponentChildren } from 'preact'

export type FactRow = readonly [label: string, value: ComponentChildren] | false | undefined

/** Labelled values; rows that are false or absent are left out. */
export function Facts({ rows }: { rows: readonly FactRow[] }) {
  const shown = rows.filter((row) => row !== false && row !== undefined)
  if (shown.length === 0) return null
  return (
    <dl class="facts">
      {shown.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
